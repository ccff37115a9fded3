// Revokes a principal's key, or the principal.
// Parameters: entry (hash); index; id (DID of the key or of the principal); principal (DID); reason.
// Rows: made, 1; 0 if there is no such principal.
MATCH (entry:LedgerEntry {hash: $entry})
MATCH (principal:Principal {did: $principal})
CREATE (revocation:Revocation {
  id: $id, principal: $principal, reason: $reason, ledger_index: $index
})
CREATE (revocation)-[:REVOKES {ledger_index: $index}]->(principal)
CREATE (entry)-[:RECORDS {ledger_index: $index}]->(revocation)
RETURN count(*) AS made
