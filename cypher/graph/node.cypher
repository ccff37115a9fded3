// Stores a node of the Sediment layer with its module, its source and its ports, each tied to its one type;
// it holds the grants that were waiting for it, and leads to its drafts and to what it was forked from.
// Parameters: entry (hash); index; node (map of properties); module (bytes); source (map id, text);
//   ports (list of maps direction, position, name, type (id), text, docs, members (JSON text));
//   forked_from (id or null).
// Rows: made, 1.
MATCH (entry:LedgerEntry {hash: $entry})
CREATE (node:Node:Sediment)
SET node = $node
CREATE (entry)-[:RECORDS {ledger_index: $index}]->(node)
CREATE (module:Module {id: $node.id, bytes: $module, ledger_index: $index})
CREATE (node)-[:COMPILED_TO {ledger_index: $index}]->(module)
MERGE (source:Source {id: $source.id})
ON CREATE SET source.text = $source.text, source.ledger_index = $index
CREATE (node)-[:WRITTEN_AS {ledger_index: $index}]->(source)
WITH node
CALL (node) {
  UNWIND $ports AS row
  MERGE (type:Type {id: row.type})
  ON CREATE SET type.text = row.text, type.ledger_index = $index
  CREATE (port:Port {
    node: node.id, direction: row.direction, position: row.position, name: row.name,
    docs: row.docs, members: row.members, ledger_index: $index
  })
  CREATE (node)-[:HAS_PORT {ledger_index: $index}]->(port)
  CREATE (port)-[:OF_TYPE {ledger_index: $index}]->(type)
}
CALL (node) {
  MATCH (draft:Draft {node: node.id})
  CREATE (node)-[:DRAFTED_AS {ledger_index: $index}]->(draft)
}
CALL (node) {
  MATCH (origin:Node {id: $forked_from})
  CREATE (node)-[:FORKED_FROM {ledger_index: $index}]->(origin)
}
CALL (node) {
  MATCH (grant:Grant {node: node.id})
  CREATE (node)-[:HOLDS {ledger_index: $index}]->(grant)
}
RETURN count(*) AS made
