// Every principal.
// Parameters: none. Rows: did, name, type, roles, index.
MATCH (principal:Principal)
RETURN principal.did AS did, principal.name AS name, principal.type AS type,
  principal.roles AS roles, principal.ledger_index AS index
ORDER BY index, name
