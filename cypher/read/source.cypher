// A node's source text.
// Parameters: id (of the node). Rows: text.
MATCH (:Node {id: $id})-[:WRITTEN_AS]->(source:Source)
RETURN source.text AS text
