// Points a name at a node or a flow; it moves to its next target.
// Parameters: entry (hash); index; name; target (id).
// Rows: made, 1; 0 if there is no such target.
MATCH (entry:LedgerEntry {hash: $entry})
OPTIONAL MATCH (node:Node {id: $target})
OPTIONAL MATCH (flow:Flow {id: $target})
WITH entry, coalesce(node, flow) AS target
WHERE target IS NOT NULL
MERGE (name:Name {name: $name})
ON CREATE SET name.ledger_index = $index
WITH entry, name, target
OPTIONAL MATCH (name)-[old:NAMES]->()
DELETE old
WITH DISTINCT entry, name, target
CREATE (name)-[:NAMES {ledger_index: $index}]->(target)
CREATE (entry)-[:RECORDS {ledger_index: $index}]->(name)
RETURN count(*) AS made
