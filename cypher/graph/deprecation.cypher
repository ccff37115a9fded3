// Keeps a node out of new flows.
// Parameters: entry (hash); index; intent (cid); node (id); reason.
// Rows: made, 1; 0 if it was done before.
MATCH (entry:LedgerEntry {hash: $entry})
MATCH (line:LogLine {cid: $intent})
MATCH (node:Node {id: $node})
WHERE NOT EXISTS { (:LogLine)-[:DEPRECATES]->(node) }
CREATE (line)-[:DEPRECATES {reason: $reason, ledger_index: $index}]->(node)
CREATE (entry)-[:RECORDS {ledger_index: $index}]->(node)
RETURN count(*) AS made
