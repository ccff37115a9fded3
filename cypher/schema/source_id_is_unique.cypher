// A source text is stored once.
// Parameters: none. Rows: none.
CREATE CONSTRAINT source_id_is_unique IF NOT EXISTS
FOR (n:Source) REQUIRE (n.id) IS UNIQUE
