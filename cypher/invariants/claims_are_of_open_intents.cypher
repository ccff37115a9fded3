// A claim comes after the entry that allowed its intent, and before its end; the LogLine tells the last one.
// Parameters: none. Rows: those that break it.
MATCH (claim:LedgerEntry {kind: 'claim'})
OPTIONAL MATCH (claim)-[:RECORDS]->(line:LogLine)
WITH claim, line
WHERE line IS NULL
  OR claim.index <= line.decided_index
  OR claim.index > line.claimed_index
  OR (line.ended_index IS NOT NULL AND claim.index > line.ended_index)
RETURN claim.index AS index, line.cid AS cid, line.claimed_index AS claimed, line.ended_index AS ended
