// A node lies in Bedrock because one intent promoted it, and only then.
// Parameters: none. Rows: those that break it.
MATCH (node:Node)
WITH node, COUNT { (:LogLine {status: 'COMMITTED'})-[:PROMOTES]->(node) } AS promotions
WHERE promotions > 1 OR (node:Bedrock) <> (promotions = 1)
RETURN node.id AS node, promotions
