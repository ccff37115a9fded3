// A name points at one thing.
// Parameters: none. Rows: none.
CREATE CONSTRAINT name_is_unique IF NOT EXISTS
FOR (n:Name) REQUIRE (n.name) IS UNIQUE
