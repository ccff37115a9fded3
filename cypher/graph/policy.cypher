// Activates a policy: the youngest ENFORCES is the one in force.
// Parameters: entry (hash); index; ledger; id; text.
// Rows: made, 1.
MATCH (entry:LedgerEntry {hash: $entry})
MERGE (policy:Policy {id: $id})
ON CREATE SET policy.text = $text, policy.ledger_index = $index
MERGE (governance:Governance {ledger: $ledger})
ON CREATE SET governance.ledger_index = $index
CREATE (governance)-[:ENFORCES {ledger_index: $index}]->(policy)
CREATE (entry)-[:RECORDS {ledger_index: $index}]->(policy)
RETURN count(*) AS made
