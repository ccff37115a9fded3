// Stores a flow of the Sediment layer with its own ports and its placements; its edges follow (graph/edges).
// The pseudo-placements `input` and `output` stand for the flow's own ports.
// Parameters: entry (hash); index; flow (map of properties); ports (as for a node);
//   placements (list of maps name, uses (id)).
// Rows: made, the number of placements that found what they use.
MATCH (entry:LedgerEntry {hash: $entry})
CREATE (flow:Flow:Sediment)
SET flow = $flow
CREATE (entry)-[:RECORDS {ledger_index: $index}]->(flow)
WITH flow
CALL (flow) {
  UNWIND $ports AS row
  MERGE (type:Type {id: row.type})
  ON CREATE SET type.text = row.text, type.ledger_index = $index
  CREATE (port:Port {
    node: flow.id, direction: row.direction, position: row.position, name: row.name,
    ledger_index: $index
  })
  CREATE (flow)-[:HAS_PORT {ledger_index: $index}]->(port)
  CREATE (port)-[:OF_TYPE {ledger_index: $index}]->(type)
}
CALL (flow) {
  UNWIND ['input', 'output'] AS name
  CREATE (placement:Placement {flow: flow.id, name: name, ledger_index: $index})
  CREATE (flow)-[:HAS_PLACEMENT {ledger_index: $index}]->(placement)
}
CALL (flow) {
  UNWIND $placements AS row
  OPTIONAL MATCH (node:Node {id: row.uses})
  OPTIONAL MATCH (nested:Flow {id: row.uses})
  WITH flow, row, coalesce(node, nested) AS used
  WHERE used IS NOT NULL
  CREATE (placement:Placement {flow: flow.id, name: row.name, ledger_index: $index})
  CREATE (flow)-[:HAS_PLACEMENT {ledger_index: $index}]->(placement)
  CREATE (placement)-[:USES {ledger_index: $index}]->(used)
  RETURN count(*) AS placed
}
RETURN placed AS made
