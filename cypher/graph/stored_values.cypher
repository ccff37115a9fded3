// Stores what a run changed of the stored values; a deleted one stays without its value.
// Parameters: entry (hash); index; values (list of maps id, namespace, key, value or null).
// Rows: made, how many values.
MATCH (entry:LedgerEntry {hash: $entry})
UNWIND $values AS row
MERGE (stored:StoredValue {id: row.id})
SET stored = row, stored.ledger_index = $index
CREATE (entry)-[:RECORDS {ledger_index: $index}]->(stored)
RETURN count(*) AS made
