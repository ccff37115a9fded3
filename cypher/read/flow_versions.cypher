// The other flows that were published under a name that a flow has now, or was published under.
// Parameters: flow (id). Rows: id.
MATCH (flow:Flow {id: $flow})
WITH flow, [(name:Name)-[:NAMES]->(flow) | name.name] + [flow.name] AS names
MATCH (other:Flow)
WHERE other.name IN names AND other.id <> flow.id
RETURN other.id AS id
ORDER BY other.ledger_index
