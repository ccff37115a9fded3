// Names and what they point at.
// Parameters: name (or null). Rows: name, target (id), kind ('Node' or 'Flow'), layer, index.
MATCH (name:Name)-[names:NAMES]->(target)
WHERE $name IS NULL OR name.name = $name
RETURN name.name AS name, target.id AS target,
  CASE WHEN target:Node THEN 'Node' ELSE 'Flow' END AS kind,
  CASE WHEN target:Bedrock THEN 'Bedrock' ELSE 'Sediment' END AS layer, names.ledger_index AS index
ORDER BY name
