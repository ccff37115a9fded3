// What would be affected if a node (or flow) were deprecated: every flow that places it, directly or inside
// another flow, the verbs that start such a flow, and the runs that went through it.
// Parameters: id (of the node or flow, or its name).
// Rows: flow, name, layer, depth (1: places it itself), verbs, runs.
MATCH (used) WHERE (used:Node OR used:Flow)
  AND (used.id = $id OR EXISTS { MATCH (:Name {name: $id})-[:NAMES]->(used) })
MATCH path = (used)(()<-[:USES]-(:Placement)<-[:HAS_PLACEMENT]-(:Flow))+(flow:Flow)
WITH flow, min(length(path)) / 2 AS depth
RETURN flow.id AS flow, flow.name AS name,
  CASE WHEN flow:Bedrock THEN 'Bedrock' ELSE 'Sediment' END AS layer, depth,
  [(flow)<-[:STARTS]-(verb:Verb) | verb.name] AS verbs,
  COUNT { (flow)<-[:EXECUTES]-(:Run) } AS runs
ORDER BY depth, name
