// Escalations that are open: a few among all that there ever were.
// Parameters: none. Rows: none.
CREATE INDEX escalation_status IF NOT EXISTS
FOR (n:Escalation) ON (n.status)
