// A Bedrock flow places nothing of the Sediment layer.
// Parameters: none. Rows: those that break it.
MATCH (flow:Flow:Bedrock)-[:HAS_PLACEMENT]->(placement:Placement)-[:USES]->(used:Sediment)
RETURN flow.id AS flow, placement.name AS placement, used.id AS uses
