// Which entries registered these principals.
// Parameters: keys (list of DIDs). Rows: key, index.
MATCH (principal:Principal)
WHERE principal.did IN $keys
RETURN principal.did AS key, principal.ledger_index AS index
