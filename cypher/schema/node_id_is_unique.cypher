// A node is its binary.
// Parameters: none. Rows: none.
CREATE CONSTRAINT node_id_is_unique IF NOT EXISTS
FOR (n:Node) REQUIRE (n.id) IS UNIQUE
