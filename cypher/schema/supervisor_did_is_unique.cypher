// A key is the supervisor's once.
// Parameters: none. Rows: none.
CREATE CONSTRAINT supervisor_did_is_unique IF NOT EXISTS
FOR (n:Supervisor) REQUIRE (n.did) IS UNIQUE
