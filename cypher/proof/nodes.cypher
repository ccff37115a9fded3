// Which entries published these nodes.
// Parameters: keys (list of ids). Rows: key, index.
MATCH (node:Node)
WHERE node.id IN $keys
RETURN node.id AS key, node.ledger_index AS index
