// A binary is stored once.
// Parameters: none. Rows: none.
CREATE CONSTRAINT module_id_is_unique IF NOT EXISTS
FOR (n:Module) REQUIRE (n.id) IS UNIQUE
