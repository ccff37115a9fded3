// A database holds one ledger: a second head, of whatever ledger, cannot be stored.
// Parameters: none. Rows: none.
CREATE CONSTRAINT ledger_is_the_only_one IF NOT EXISTS
FOR (n:LedgerHead) REQUIRE (n.only) IS UNIQUE
