// An entry is stored once.
// Parameters: none. Rows: none.
CREATE CONSTRAINT entry_hash_is_unique IF NOT EXISTS
FOR (n:LedgerEntry) REQUIRE (n.hash) IS UNIQUE
