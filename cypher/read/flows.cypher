// Flows with their ports, placements and edges.
// Parameters: ids (list, or null for all).
// Rows: flow (map of properties), layer, ports, placements (list of maps name, uses),
//   edges (list of maps from, to, edge (map of properties)).
MATCH (flow:Flow)
WHERE $ids IS NULL OR flow.id IN $ids
RETURN properties(flow) AS flow, CASE WHEN flow:Bedrock THEN 'Bedrock' ELSE 'Sediment' END AS layer,
  [(flow)-[:HAS_PORT]->(port:Port)-[:OF_TYPE]->(type:Type) |
    {direction: port.direction, position: port.position, name: port.name,
     type: type.id, text: type.text}] AS ports,
  [(flow)-[:HAS_PLACEMENT]->(placement:Placement)-[:USES]->(used) |
    {name: placement.name, uses: used.id}] AS placements,
  [(flow)-[:HAS_PLACEMENT]->(source:Placement)-[edge:FEEDS]->(target:Placement) |
    {from: source.name, to: target.name, edge: properties(edge)}] AS edges
ORDER BY flow.ledger_index
