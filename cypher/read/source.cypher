// The source text of a node or of a draft.
// Parameters: id. Rows: text, source (id).
CALL () {
  MATCH (:Node {id: $id})-[:WRITTEN_AS]->(source:Source) RETURN source
  UNION ALL
  MATCH (:Draft {id: $id})-[:WRITTEN_AS]->(source:Source) RETURN source
}
RETURN source.text AS text, source.id AS source
