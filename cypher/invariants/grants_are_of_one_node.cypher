// A grant gives one capability, is held by the node that it names and by no other, and there are never two
// in force that give one node the same.
// Parameters: none. Rows: those that break it.
MATCH (grant:Grant)
OPTIONAL MATCH (node:Node {id: grant.node})
WITH grant, node, COUNT { (grant)<-[:HOLDS]-() } AS holders, COUNT { (node)-[:HOLDS]->(grant) } AS held,
  [(grant)-[:OF]->(capability:Capability) | capability.id] AS capabilities
WHERE size(capabilities) <> 1 OR holders <> held OR (node IS NOT NULL AND held <> 1)
  OR (grant.revoked_index IS NULL AND EXISTS {
    MATCH (other:Grant {node: grant.node})-[:OF]->(:Capability {id: capabilities[0]})
    WHERE other.id <> grant.id AND other.revoked_index IS NULL
  })
RETURN grant.id AS grant, grant.node AS node, capabilities
