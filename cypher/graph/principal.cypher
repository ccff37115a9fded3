// Registers a principal.
// Parameters: entry (hash); index; did; name; type; roles; key (the first of one that is no key itself, else null).
// Rows: made, 1.
MATCH (entry:LedgerEntry {hash: $entry})
CREATE (principal:Principal {
  did: $did, name: $name, type: $type, roles: $roles, key: $key, ledger_index: $index
})
CREATE (entry)-[:RECORDS {ledger_index: $index}]->(principal)
RETURN count(*) AS made
