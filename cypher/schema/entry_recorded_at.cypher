// Entries by the ledger's own time, for questions about a window.
// Parameters: none. Rows: none.
CREATE INDEX entry_recorded_at IF NOT EXISTS
FOR (n:LedgerEntry) ON (n.recorded_at)
