// Escalations as they are stored: a page of them, in the order of their ids.
// Parameters: after (the last id of the page before, or ""), limit.
// Rows: id, escalation (map of properties).
MATCH (escalation:Escalation)
WHERE escalation.id > $after
RETURN escalation.id AS id, properties(escalation) AS escalation
ORDER BY id LIMIT $limit
