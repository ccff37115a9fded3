// Revokes a grant: it stays, and says from which entry on it is no longer in force.
// Parameters: entry (hash); index; grant (id).
// Rows: made, 1; 0 if there is no such grant in force.
MATCH (entry:LedgerEntry {hash: $entry})
MATCH (grant:Grant {id: $grant})
WHERE grant.revoked_index IS NULL
SET grant.revoked_index = $index
CREATE (entry)-[:RECORDS {ledger_index: $index}]->(grant)
RETURN count(*) AS made
