// Somebody answered an escalation: it is over.
// Parameters: entry (hash); index; intent (cid, of what was escalated); by (cid of the LogLine that answers);
//   answer; note; by_intent (cid of the intent that mends it, or null).
// Rows: made, 1; 0 if it was over before.
MATCH (entry:LedgerEntry {hash: $entry})
MATCH (escalation:Escalation {id: $intent, status: 'open'})
SET escalation.status = 'resolved', escalation.ledger_index = $index, escalation.by = $by,
  escalation.answer = $answer, escalation.note = $note, escalation.by_intent = $by_intent
CREATE (entry)-[:RECORDS {ledger_index: $index}]->(escalation)
RETURN count(*) AS made
