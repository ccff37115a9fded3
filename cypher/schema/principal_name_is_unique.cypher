// A principal's name is its own.
// Parameters: none. Rows: none.
CREATE CONSTRAINT principal_name_is_unique IF NOT EXISTS
FOR (n:Principal) REQUIRE (n.name) IS UNIQUE
