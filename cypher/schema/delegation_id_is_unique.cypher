// A delegation is named by the intent that made it.
// Parameters: none. Rows: none.
CREATE CONSTRAINT delegation_id_is_unique IF NOT EXISTS
FOR (n:Delegation) REQUIRE (n.id) IS UNIQUE
