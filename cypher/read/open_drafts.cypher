// How many drafts of a principal, made since an instant, have not become nodes.
// Parameters: who (DID), since (ns since the epoch). Rows: open.
MATCH (draft:Draft {by: $who})
WHERE draft.recorded_at > $since AND NOT EXISTS { (:Node)-[:DRAFTED_AS]->(draft) }
RETURN count(*) AS open
