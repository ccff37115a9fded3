// Stored values by id; no row for one that is not there, or was deleted.
// Parameters: ids (list). Rows: id, value (base64).
UNWIND $ids AS id
MATCH (stored:StoredValue {id: id})
WHERE stored.value IS NOT NULL
RETURN stored.id AS id, stored.value AS value
