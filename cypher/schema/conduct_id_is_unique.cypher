// There is one node for what a principal's acts came to on a day.
// Parameters: none. Rows: none.
CREATE CONSTRAINT conduct_id_is_unique IF NOT EXISTS
FOR (n:Conduct) REQUIRE (n.id) IS UNIQUE
