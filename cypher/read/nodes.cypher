// Nodes with their ports.
// Parameters: ids (list, or null for all).
// Rows: node (map of properties), layer, source (id), ports (list of maps direction, position, name, type,
//   text, docs, members (JSON text)), forked_from (id or null).
MATCH (node:Node)-[:WRITTEN_AS]->(source:Source)
WHERE $ids IS NULL OR node.id IN $ids
RETURN properties(node) AS node, CASE WHEN node:Bedrock THEN 'Bedrock' ELSE 'Sediment' END AS layer,
  source.id AS source,
  [(node)-[:HAS_PORT]->(port:Port)-[:OF_TYPE]->(type:Type) |
    {direction: port.direction, position: port.position, name: port.name,
     type: type.id, text: type.text, docs: port.docs, members: port.members}] AS ports,
  head([(node)-[:FORKED_FROM]->(origin:Node) | origin.id]) AS forked_from
ORDER BY node.ledger_index
