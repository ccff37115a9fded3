// Every principal.
// Parameters: none. Rows: did, name, type, roles, key (null for one that is its own key), index.
MATCH (principal:Principal)
RETURN principal.did AS did, principal.name AS name, principal.type AS type,
  principal.roles AS roles, principal.key AS key, principal.ledger_index AS index
ORDER BY index, name
