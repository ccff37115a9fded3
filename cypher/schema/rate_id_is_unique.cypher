// There is one rate of a principal and a verb.
// Parameters: none. Rows: none.
CREATE CONSTRAINT rate_id_is_unique IF NOT EXISTS
FOR (n:Rate) REQUIRE (n.id) IS UNIQUE
