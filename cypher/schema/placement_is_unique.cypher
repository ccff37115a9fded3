// A placement's name is unique in its flow.
// Parameters: none. Rows: none.
CREATE CONSTRAINT placement_is_unique IF NOT EXISTS
FOR (n:Placement) REQUIRE (n.flow, n.name) IS UNIQUE
