// What was done outside has its outcome; where that is not known, the intent ended in doubt. Ghosts did nothing.
// Parameters: none. Rows: those that break it.
MATCH (:LedgerEntry {kind: 'effect'})-[:RECORDS]->(line:LogLine)
WITH line, count(*) AS effects
WITH line, effects, COUNT { (:LedgerEntry {kind: 'outcome'})-[:RECORDS]->(line) } AS outcomes
WHERE line.status = 'GHOST' OR outcomes > effects OR effects > outcomes + 1
  OR (line.status = 'COMMITTED' AND outcomes < effects AND line.consequence <> 'if_doubt')
RETURN line.cid AS cid, line.status AS status, effects, outcomes
