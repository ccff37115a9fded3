// A stored value names the receipt that wrote it, and that receipt names the value; its id is its namespace
// and its key.
// Parameters: none. Rows: those that break it.
MATCH (stored:StoredValue)
WHERE stored.id <> stored.namespace + '/' + stored.key OR NOT EXISTS {
  MATCH (:LedgerEntry {kind: 'receipt', index: stored.ledger_index})-[:RECORDS]->(stored)
}
RETURN stored.id AS id, stored.ledger_index AS index
