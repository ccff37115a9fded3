// A run is recorded once.
// Parameters: none. Rows: none.
CREATE CONSTRAINT run_id_is_unique IF NOT EXISTS
FOR (n:Run) REQUIRE (n.id) IS UNIQUE
