// A type is its text.
// Parameters: none. Rows: none.
CREATE CONSTRAINT type_id_is_unique IF NOT EXISTS
FOR (n:Type) REQUIRE (n.id) IS UNIQUE
