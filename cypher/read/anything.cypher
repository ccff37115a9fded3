// Whether there is any node at all.
// Parameters: none. Rows: one if there is, none if the database is empty.
MATCH (anything)
RETURN 1 AS there
LIMIT 1
