// A ledger has one head.
// Parameters: none. Rows: none.
CREATE CONSTRAINT ledger_head_is_one IF NOT EXISTS
FOR (n:LedgerHead) REQUIRE (n.ledger) IS UNIQUE
