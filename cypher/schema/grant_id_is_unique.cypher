// A grant gives one capability to one node, once.
// Parameters: none. Rows: none.
CREATE CONSTRAINT grant_id_is_unique IF NOT EXISTS
FOR ()-[r:MAY_USE]-() REQUIRE (r.grant) IS UNIQUE
