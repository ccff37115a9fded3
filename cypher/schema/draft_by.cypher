// A principal's drafts of a window: how many are open is asked before every draft.
// Parameters: none. Rows: none.
CREATE INDEX draft_by IF NOT EXISTS
FOR (n:Draft) ON (n.by, n.recorded_at)
