// The guard's own word that it is armed; an unknown function where it is not installed.
// Parameters: none. Rows: version, status.
RETURN logos.guard.version() AS version, logos.guard.status() AS status
