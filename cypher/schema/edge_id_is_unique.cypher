// An edge is stored once in its flow.
// Parameters: none. Rows: none.
CREATE CONSTRAINT edge_id_is_unique IF NOT EXISTS
FOR ()-[r:FEEDS]-() REQUIRE (r.flow, r.id) IS UNIQUE
