// A flow is its canonical form.
// Parameters: none. Rows: none.
CREATE CONSTRAINT flow_id_is_unique IF NOT EXISTS
FOR (n:Flow) REQUIRE (n.id) IS UNIQUE
