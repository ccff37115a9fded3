// What was done outside has its outcome; where that is not known, the intent ended in doubt, or its attempt was
// made again. Ghosts did nothing.
// Parameters: none. Rows: those that break it.
MATCH (:LedgerEntry {kind: 'effect'})-[:RECORDS]->(line:LogLine)
WITH line, count(*) AS effects
WITH line, effects, COUNT { (:LedgerEntry {kind: 'outcome'})-[:RECORDS]->(line) } AS outcomes,
  coalesce(line.attempts, 0) AS attempts
WHERE line.status = 'GHOST' OR outcomes > effects OR effects > outcomes + attempts + 1
  OR (line.status = 'COMMITTED' AND outcomes + attempts < effects AND line.consequence <> 'if_doubt')
RETURN line.cid AS cid, line.status AS status, effects, outcomes
