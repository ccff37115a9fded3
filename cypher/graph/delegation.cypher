// Lends a principal's voice to another, or says by which intent that was ended.
// Parameters: entry (hash); index; id; by, to (DIDs); role; verbs (list of names, or null for all); until (text);
//   ended (id of an intent, or null).
// Rows: made, 1; 0 if either principal is not registered.
MATCH (entry:LedgerEntry {hash: $entry})
MATCH (by:Principal {did: $by})
MATCH (to:Principal {did: $to})
MERGE (delegation:Delegation {id: $id})
SET delegation = {id: $id, by: $by, to: $to, role: $role, verbs: $verbs, until: $until, ended: $ended,
  ledger_index: $index}
CREATE (entry)-[:RECORDS {ledger_index: $index}]->(delegation)
WITH delegation, by, to
FOREACH (new IN CASE WHEN $ended IS NULL THEN [1] ELSE [] END |
  CREATE (delegation)-[:SPEAKS_FOR {ledger_index: $index}]->(by)
  CREATE (delegation)-[:LENT_TO {ledger_index: $index}]->(to)
)
RETURN count(*) AS made
