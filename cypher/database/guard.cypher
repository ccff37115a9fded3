// The guard's own word that it is armed; an unknown function where it is not installed.
// Parameters: none. Rows: status (map active, version, database).
RETURN logos.guard.status() AS status
