// What is kept of the tree with these entries: the complete subtrees that each one's leaf completes.
// Parameters: ledger; indexes (list). Rows: index, subtrees (bytes; null where there are none).
UNWIND $indexes AS index
MATCH (entry:LedgerEntry {ledger: $ledger, index: index})
RETURN entry.index AS index, entry.subtrees AS subtrees
