// Grants, the revoked ones included.
// Parameters: node (id, or null for all). Rows: grant, node, capability, limits (JSON text), index,
//   revoked (the intent that revoked it, or null).
MATCH (grant:Grant)
WHERE $node IS NULL OR grant.node = $node
RETURN grant.id AS grant, grant.node AS node, grant.limits AS limits, grant.ledger_index AS index,
  head([(grant)-[:OF]->(capability:Capability) | capability.id]) AS capability,
  head([(grant)<-[:RECORDS {ledger_index: grant.revoked_index}]-(entry:LedgerEntry)-[:RECORDS]->(line:LogLine) |
    line.cid]) AS revoked
ORDER BY index
