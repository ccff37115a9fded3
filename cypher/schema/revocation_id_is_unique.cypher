// A key or a principal is revoked once.
// Parameters: none. Rows: none.
CREATE CONSTRAINT revocation_id_is_unique IF NOT EXISTS
FOR (n:Revocation) REQUIRE (n.id) IS UNIQUE
