// A key is a principal's once.
// Parameters: none. Rows: none.
CREATE CONSTRAINT principal_key_is_unique IF NOT EXISTS
FOR (n:PrincipalKey) REQUIRE (n.key) IS UNIQUE
