// A principal's key from the next entry on.
// Parameters: entry (hash); index; key (DID); principal (DID); previous (DID); signature.
// Rows: made, 1; 0 if there is no such principal.
MATCH (entry:LedgerEntry {hash: $entry})
MATCH (principal:Principal {did: $principal})
CREATE (key:PrincipalKey {
  key: $key, principal: $principal, previous: $previous, signature: $signature, ledger_index: $index
})
CREATE (key)-[:KEY_OF {ledger_index: $index}]->(principal)
CREATE (entry)-[:RECORDS {ledger_index: $index}]->(key)
RETURN count(*) AS made
