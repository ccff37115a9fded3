// Somebody lifted an alarm: the breaker that it held open is closed, if no other does.
// Parameters: entry (hash); index; intent (cid of the LogLine that lifts); alarm (id); who (DID); by (that cid again); note.
// Rows: made, 1; 0 if it was lifted before.
MATCH (entry:LedgerEntry {hash: $entry})
MATCH (alarm:Alarm {id: $alarm, status: 'open', who: $who})
SET alarm.status = 'lifted', alarm.ledger_index = $index, alarm.by = $by, alarm.note = $note
CREATE (entry)-[:RECORDS {ledger_index: $index}]->(alarm)
RETURN count(*) AS made
