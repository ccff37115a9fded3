// Nodes and flows, as what places them needs to know them.
// Parameters: ids (list). Rows: id, kind ('Node' or 'Flow'), layer, imports (list of "module name").
UNWIND $ids AS id
CALL (id) {
  MATCH (node:Node {id: id})
  RETURN node AS found, 'Node' AS kind, node.imports AS imports
  UNION ALL
  MATCH (flow:Flow {id: id})
  RETURN flow AS found, 'Flow' AS kind, [] AS imports
}
RETURN id, kind, CASE WHEN found:Bedrock THEN 'Bedrock' ELSE 'Sediment' END AS layer,
  coalesce(imports, []) AS imports
