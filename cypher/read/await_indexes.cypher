// Waits until every index is online.
// Parameters: none. Rows: none.
CALL db.awaitIndexes(300)
