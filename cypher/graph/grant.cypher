// Grants one capability to one node; nothing inherits it. The node may come later: then it finds the grant
// (graph/node).
// Parameters: entry (hash); index; grant (map id, node, limits (JSON text), ledger_index); capability.
// Rows: made, 1.
MATCH (entry:LedgerEntry {hash: $entry})
MERGE (capability:Capability {id: $capability})
ON CREATE SET capability.ledger_index = $index
CREATE (grant:Grant)
SET grant = $grant
CREATE (grant)-[:OF {ledger_index: $index}]->(capability)
CREATE (entry)-[:RECORDS {ledger_index: $index}]->(grant)
WITH grant
OPTIONAL MATCH (node:Node {id: grant.node})
FOREACH (holder IN CASE WHEN node IS NULL THEN [] ELSE [node] END |
  CREATE (holder)-[:HOLDS {ledger_index: $index}]->(grant)
)
RETURN count(*) AS made
