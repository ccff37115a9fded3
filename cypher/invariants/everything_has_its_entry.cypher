// Whatever is in the graph names the entry that made it.
// Parameters: none. Rows: those that break it.
OPTIONAL MATCH (head:LedgerHead)
MATCH (thing)
WHERE NOT thing:LedgerHead
  AND (thing.ledger_index IS NULL
    OR NOT EXISTS { MATCH (:LedgerEntry {ledger: head.ledger, index: thing.ledger_index}) })
RETURN labels(thing) AS labels, properties(thing) AS properties
