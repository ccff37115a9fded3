// A policy is its text.
// Parameters: none. Rows: none.
CREATE CONSTRAINT policy_id_is_unique IF NOT EXISTS
FOR (n:Policy) REQUIRE (n.id) IS UNIQUE
