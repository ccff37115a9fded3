// Takes the head's lock, changing nothing: until this transaction ends no append takes hold, and one
// that was under way has either done so or failed.
// Parameters: none. Rows: ledger, index, hash, recorded_at; none before genesis.
MATCH (head:LedgerHead)
SET head.lock = 0
RETURN head.ledger AS ledger, head.index AS index, head.hash AS hash, head.recorded_at AS recorded_at
