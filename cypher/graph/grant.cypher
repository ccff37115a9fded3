// Grants one capability to one node; nothing inherits it.
// Parameters: entry (hash); index; node (id); capability; grant (id).
// Rows: made, 1.
MATCH (entry:LedgerEntry {hash: $entry})
MATCH (node:Node {id: $node})
MERGE (capability:Capability {id: $capability})
ON CREATE SET capability.ledger_index = $index
CREATE (node)-[:MAY_USE {grant: $grant, ledger_index: $index}]->(capability)
CREATE (entry)-[:RECORDS {ledger_index: $index}]->(node)
RETURN count(*) AS made
