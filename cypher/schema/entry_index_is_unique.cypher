// Two entries never share a place in the chain.
// Parameters: none. Rows: none.
CREATE CONSTRAINT entry_index_is_unique IF NOT EXISTS
FOR (n:LedgerEntry) REQUIRE (n.ledger, n.index) IS UNIQUE
