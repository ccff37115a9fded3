// The one-line texts of types.
// Parameters: ids (list). Rows: id, text.
UNWIND $ids AS id
MATCH (type:Type {id: id})
RETURN id, type.text AS text
