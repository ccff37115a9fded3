// A port is known by its owner, its direction and its name.
// Parameters: none. Rows: none.
CREATE CONSTRAINT port_is_unique IF NOT EXISTS
FOR (n:Port) REQUIRE (n.node, n.direction, n.name) IS UNIQUE
