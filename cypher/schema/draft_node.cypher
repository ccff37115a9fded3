// Drafts by what they were built to.
// Parameters: none. Rows: none.
CREATE INDEX draft_node IF NOT EXISTS
FOR (n:Draft) ON (n.node)
