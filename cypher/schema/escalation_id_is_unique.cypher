// An intent's end is escalated once.
// Parameters: none. Rows: none.
CREATE CONSTRAINT escalation_id_is_unique IF NOT EXISTS
FOR (n:Escalation) REQUIRE (n.id) IS UNIQUE
