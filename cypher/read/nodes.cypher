// Nodes with their ports.
// Parameters: ids (list, or null for all).
// Rows: node (map of properties), layer, source (id), ports (list of maps direction, position, name, type, text).
MATCH (node:Node)-[:WRITTEN_AS]->(source:Source)
WHERE $ids IS NULL OR node.id IN $ids
RETURN properties(node) AS node, CASE WHEN node:Bedrock THEN 'Bedrock' ELSE 'Sediment' END AS layer,
  source.id AS source,
  [(node)-[:HAS_PORT]->(port:Port)-[:OF_TYPE]->(type:Type) |
    {direction: port.direction, position: port.position, name: port.name,
     type: type.id, text: type.text}] AS ports
ORDER BY node.ledger_index
