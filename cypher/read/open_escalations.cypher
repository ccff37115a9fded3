// Escalations that nobody has answered yet, and that have not expired in the ledger.
// Parameters: none. Rows: id (cid of the intent), who (did), handler, target (or null), expires_at (text), index (of its entry).
MATCH (escalation:Escalation {status: 'open'})-[:ABOUT]->(line:LogLine)
RETURN escalation.id AS id, line.who AS who, escalation.handler AS handler, escalation.target AS target,
  escalation.expires_at AS expires_at, escalation.opened_index AS index
ORDER BY escalation.opened_index
