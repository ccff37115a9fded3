// A node has its module and its source, and lies in exactly one layer.
// Parameters: none. Rows: those that break it.
MATCH (node:Node)
WHERE COUNT { (node)-[:COMPILED_TO]->(:Module {id: node.id}) } <> 1
  OR COUNT { (node)-[:WRITTEN_AS]->(:Source) } <> 1
  OR node:Sediment = node:Bedrock
RETURN node.id AS node
