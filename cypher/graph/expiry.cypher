// Nobody answered an escalation in time: it is over.
// Parameters: entry (hash); index; intent (cid). Rows: made, 1; 0 if it was over before.
MATCH (entry:LedgerEntry {hash: $entry})
MATCH (escalation:Escalation {id: $intent, status: 'open'})
SET escalation.status = 'expired', escalation.ledger_index = $index
CREATE (entry)-[:RECORDS {ledger_index: $index}]->(escalation)
RETURN count(*) AS made
