// Nodes that were deprecated or promoted.
// Parameters: node (id, or null for all).
// Rows: kind ('deprecation' or 'promotion'), node, reason, intent, who (name), index.
MATCH (who:Principal)-[:SUBMITTED]->(line:LogLine)-[said:DEPRECATES|PROMOTES]->(node:Node)
WHERE $node IS NULL OR node.id = $node
RETURN CASE type(said) WHEN 'DEPRECATES' THEN 'deprecation' ELSE 'promotion' END AS kind,
  node.id AS node, said.reason AS reason, line.cid AS intent, who.name AS who, said.ledger_index AS index
ORDER BY index
