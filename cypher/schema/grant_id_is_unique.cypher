// A grant is the intent that asked for it.
// Parameters: none. Rows: none.
CREATE CONSTRAINT grant_id_is_unique IF NOT EXISTS
FOR (n:Grant) REQUIRE (n.id) IS UNIQUE
