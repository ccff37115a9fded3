// Two entries never follow the same one: a fork cannot be stored.
// Parameters: none. Rows: none.
CREATE CONSTRAINT entry_has_one_successor IF NOT EXISTS
FOR (n:LedgerEntry) REQUIRE (n.ledger, n.prev_hash) IS UNIQUE
