// Drafts, the youngest first.
// Parameters: ids (list, or null for all), who (DID, or null), limit.
// Rows: draft (map of properties), source (id), who (name), published (whether it became a node).
MATCH (draft:Draft)-[:WRITTEN_AS]->(source:Source)
WHERE ($ids IS NULL OR draft.id IN $ids) AND ($who IS NULL OR draft.by = $who)
RETURN properties(draft) AS draft, source.id AS source,
  head([(who:Principal)-[:SUBMITTED]->(:LogLine)-[:CAUSED]->(draft) | who.name]) AS who,
  EXISTS { (:Node)-[:DRAFTED_AS]->(draft) } AS published
ORDER BY draft.ledger_index DESC LIMIT $limit
