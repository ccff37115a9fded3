// There is one limit of a flow, of a principal, and of the ledger.
// Parameters: none. Rows: none.
CREATE CONSTRAINT run_limit_id_is_unique IF NOT EXISTS
FOR (n:RunLimit) REQUIRE (n.id) IS UNIQUE
