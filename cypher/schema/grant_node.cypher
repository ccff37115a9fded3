// Grants by the node that they are for, which may come after them.
// Parameters: none. Rows: none.
CREATE INDEX grant_node IF NOT EXISTS
FOR (n:Grant) ON (n.node)
