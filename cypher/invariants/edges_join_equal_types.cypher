// An edge joins an output port to an input port of the same type.
// Parameters: none. Rows: those that break it.
MATCH (source:Placement)-[edge:FEEDS]->(target:Placement)
OPTIONAL MATCH (source)-[:USES]->(from_thing)
OPTIONAL MATCH (target)-[:USES]->(to_thing)
WITH source, edge, target, coalesce(from_thing.id, source.flow) AS from_owner,
  coalesce(to_thing.id, target.flow) AS to_owner,
  CASE WHEN from_thing IS NULL THEN 'input' ELSE 'output' END AS from_direction,
  CASE WHEN to_thing IS NULL THEN 'output' ELSE 'input' END AS to_direction
WHERE NOT EXISTS {
  MATCH (out:Port {node: from_owner, direction: from_direction, name: edge.from_port})
  USING INDEX out:Port(node, direction, name)
  MATCH (in:Port {node: to_owner, direction: to_direction, name: edge.to_port})
  USING INDEX in:Port(node, direction, name)
  MATCH (out)-[:OF_TYPE]->(type:Type {id: edge.type})<-[:OF_TYPE]-(in)
}
RETURN source.flow AS flow, edge.id AS edge
