// What flows place, flow by flow: enough to know what is in them at every level.
// Parameters: ids (list). Rows: id, uses (list of ids, each once).
UNWIND $ids AS id
MATCH (flow:Flow {id: id})
RETURN id, [(flow)-[:HAS_PLACEMENT]->(:Placement)-[:USES]->(used) | used.id] AS uses
