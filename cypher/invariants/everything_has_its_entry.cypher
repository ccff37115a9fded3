// Whatever is in the graph names the entry that made it.
// Parameters: none. Rows: those that break it.
MATCH (thing)
WHERE NOT thing:LedgerHead
  AND (thing.ledger_index IS NULL
    OR NOT EXISTS { MATCH (entry:LedgerEntry) WHERE entry.index = thing.ledger_index })
RETURN labels(thing) AS labels, properties(thing) AS properties
