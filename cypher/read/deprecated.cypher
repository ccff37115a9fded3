// Those of these nodes that are deprecated.
// Parameters: nodes (list of ids). Rows: node, reason.
MATCH (:LogLine)-[said:DEPRECATES]->(node:Node)
WHERE node.id IN $nodes
RETURN node.id AS node, said.reason AS reason
ORDER BY node
