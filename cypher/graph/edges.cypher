// Joins placements. Both ports must lead to the *same* Type node: an ill-typed edge is not rejected here,
// it cannot be matched. Both ports are looked up: from one of them by way of its type, the other would be
// searched among all ports of that type.
// Parameters: flow (id); index; edges (list of maps: from, from_owner, from_direction, from_port, to,
//   to_owner, to_direction, to_port, type (id), edge (map of the relationship's properties)).
// Rows: made, the number of edges.
UNWIND $edges AS row
MATCH (source:Placement {flow: $flow, name: row.from})
MATCH (target:Placement {flow: $flow, name: row.to})
MATCH (out:Port {node: row.from_owner, direction: row.from_direction, name: row.from_port})
USING INDEX out:Port(node, direction, name)
MATCH (in:Port {node: row.to_owner, direction: row.to_direction, name: row.to_port})
USING INDEX in:Port(node, direction, name)
MATCH (out)-[:OF_TYPE]->(type:Type {id: row.type})<-[:OF_TYPE]-(in)
CREATE (source)-[edge:FEEDS]->(target)
SET edge = row.edge
RETURN count(edge) AS made
