// Runs by the ledger's own time: the youngest first, and those of a window.
// Parameters: none. Rows: none.
CREATE INDEX run_recorded_at IF NOT EXISTS
FOR (n:Run) ON (n.recorded_at)
