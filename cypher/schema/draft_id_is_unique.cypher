// A draft is the intent that submitted it.
// Parameters: none. Rows: none.
CREATE CONSTRAINT draft_id_is_unique IF NOT EXISTS
FOR (n:Draft) REQUIRE (n.id) IS UNIQUE
