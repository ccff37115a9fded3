// An intent runs once.
// Parameters: none. Rows: none.
CREATE CONSTRAINT intent_has_one_run IF NOT EXISTS
FOR (n:Run) REQUIRE (n.intent) IS UNIQUE
