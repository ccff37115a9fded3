// An intent is attempted again as often as it says for that, and each time has its entry; a ghost never was.
// Parameters: none. Rows: those that break it.
MATCH (entry:LedgerEntry {kind: 'attempt'})-[:RECORDS]->(line:LogLine)
WITH line, count(entry) AS entries, max(entry.index) AS last
WHERE coalesce(line.attempts, 0) <> entries OR coalesce(line.attempt_index, 0) <> last OR line.wake_at IS NULL
  OR line.status = 'GHOST'
  OR none(said IN [line.if_doubt, line.if_not]
    WHERE said STARTS WITH 'retry:' AND toInteger(split(substring(said, 6), '@')[0]) >= entries)
RETURN line.cid AS cid, line.status AS status, entries, line.attempts AS attempts
