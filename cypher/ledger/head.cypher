// The head of the only ledger of this database.
// Parameters: none. Rows: ledger, index, hash, recorded_at; none before genesis.
MATCH (head:LedgerHead)
RETURN head.ledger AS ledger, head.index AS index, head.hash AS hash, head.recorded_at AS recorded_at
