// Which nodes hold or held which capabilities: who granted each and who consented, when, and who ended it. A
// node without names or layer is none yet: the grant is to what a draft was built to.
// Parameters: none.
// Rows: node, names, layer, capability, limits (JSON text), grant, granted_by, consented_by, entry, recorded_at,
//   revoked_by, revoked_entry, revoked_at.
MATCH (entry:LedgerEntry)-[:RECORDS]->(grant:Grant)-[:OF]->(capability:Capability)
WHERE entry.index = grant.ledger_index
MATCH (granter:Principal)-[:SUBMITTED]->(asked:LogLine {cid: grant.id})
OPTIONAL MATCH (node:Node {id: grant.node})
OPTIONAL MATCH (ended:LedgerEntry {index: grant.revoked_index})-[:RECORDS]->(:LogLine)<-[:SUBMITTED]-(revoker:Principal)
RETURN grant.node AS node, [(node)<-[:NAMES]-(name:Name) | name.name] AS names,
  CASE WHEN node:Bedrock THEN 'Bedrock' WHEN node:Sediment THEN 'Sediment' END AS layer,
  capability.id AS capability, grant.limits AS limits, grant.id AS grant, granter.name AS granted_by,
  [(asked)<-[:ANSWERED {answer: 'consent'}]-(by:Principal) | by.name] AS consented_by,
  entry.index AS entry, entry.recorded_at AS recorded_at,
  revoker.name AS revoked_by, ended.index AS revoked_entry, ended.recorded_at AS revoked_at
ORDER BY entry
