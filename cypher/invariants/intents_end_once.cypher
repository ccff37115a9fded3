// An intent is pending, or it ended once: committed with a receipt, or a ghost with its cause.
// A receipt that cancels another intent is recorded at that one too, and is the end of its own only.
// Parameters: none. Rows: those that break it.
MATCH (line:LogLine)
WITH line,
  COUNT {
    MATCH (receipt:LedgerEntry {kind: 'receipt'})-[:RECORDS]->(line)
    WHERE NOT EXISTS {
      MATCH (receipt)-[:RECORDS]->(other:LogLine) WHERE other <> line AND other.ended_index = receipt.index
    }
  } AS receipts,
  COUNT { (:LedgerEntry {kind: 'ghost'})-[:RECORDS]->(line) } AS ghosts,
  COUNT { (:LedgerEntry {kind: 'intent'})-[:RECORDS]->(line) } AS intents
WHERE intents <> 1
  OR (line.status = 'PENDING' AND (receipts + ghosts <> 0 OR NOT line:Pending))
  OR (line.status = 'COMMITTED' AND (receipts <> 1 OR ghosts <> 0 OR line:Pending))
  OR (line.status = 'GHOST' AND (receipts <> 0 OR ghosts <> 1 OR line:Pending))
RETURN line.cid AS cid, line.status AS status, intents, receipts, ghosts
