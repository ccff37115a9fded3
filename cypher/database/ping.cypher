// Whether the database answers.
// Parameters: none. Rows: one.
RETURN 1 AS one
