// Capabilities that are granted, node by node.
// Parameters: node (id, or null for all). Rows: node, capability, grant, index.
MATCH (node:Node)-[may:MAY_USE]->(capability:Capability)
WHERE ($node IS NULL OR node.id = $node) AND may.revoked_index IS NULL
RETURN node.id AS node, capability.id AS capability, may.grant AS grant, may.ledger_index AS index
ORDER BY index
