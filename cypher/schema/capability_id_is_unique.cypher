// A capability is one right.
// Parameters: none. Rows: none.
CREATE CONSTRAINT capability_id_is_unique IF NOT EXISTS
FOR (n:Capability) REQUIRE (n.id) IS UNIQUE
