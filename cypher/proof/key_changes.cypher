// Which entries gave these principals another key, or revoked one.
// Parameters: keys (list of DIDs). Rows: index.
MATCH (principal:Principal)<-[:KEY_OF|REVOKES]-(change:PrincipalKey|Revocation)
WHERE principal.did IN $keys
RETURN change.ledger_index AS index
