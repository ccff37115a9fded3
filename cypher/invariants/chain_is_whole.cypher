// Every entry but the first follows the one before it; exactly one is the last, and the head points at it.
// Parameters: none. Rows: those that break it (none in a healthy database).
MATCH (entry:LedgerEntry)
OPTIONAL MATCH (previous:LedgerEntry)-[:NEXT]->(entry)
WITH entry, collect(previous) AS before
WHERE (entry.index = 0 AND size(before) <> 0)
  OR (entry.index > 0 AND (size(before) <> 1 OR before[0].hash <> entry.prev_hash
      OR before[0].index <> entry.index - 1))
  OR (NOT EXISTS { (entry)-[:NEXT]->() }
      AND NOT EXISTS { MATCH (head:LedgerHead {ledger: entry.ledger, hash: entry.hash, index: entry.index}) })
RETURN entry.index AS index, entry.hash AS hash
