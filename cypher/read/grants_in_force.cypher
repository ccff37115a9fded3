// Grants that are in force.
// Parameters: none. Rows: grant, node, capability, limits (JSON text), index.
MATCH (grant:Grant)-[:OF]->(capability:Capability)
WHERE grant.revoked_index IS NULL
RETURN grant.id AS grant, grant.node AS node, capability.id AS capability, grant.limits AS limits,
  grant.ledger_index AS index
ORDER BY index
