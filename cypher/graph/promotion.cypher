// Moves a node from Sediment to Bedrock.
// Parameters: entry (hash); index; intent (cid); node (id); reason.
// Rows: made, 1; 0 if it was done before.
MATCH (entry:LedgerEntry {hash: $entry})
MATCH (line:LogLine {cid: $intent})
MATCH (node:Node {id: $node})
WHERE node:Sediment
REMOVE node:Sediment
SET node:Bedrock
CREATE (line)-[:PROMOTES {reason: $reason, ledger_index: $index}]->(node)
CREATE (entry)-[:RECORDS {ledger_index: $index}]->(node)
RETURN count(*) AS made
