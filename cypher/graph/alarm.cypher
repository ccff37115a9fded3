// The ghosts of a principal make an alarm.
// Parameters: entry (hash); index; who (DID); intents (list of cids); alarm (map of properties).
// Rows: made, how many intents it is about.
MATCH (entry:LedgerEntry {hash: $entry})
MATCH (who:Principal {did: $who})
CREATE (alarm:Alarm)
SET alarm = $alarm
CREATE (alarm)-[:ABOUT {ledger_index: $index}]->(who)
CREATE (entry)-[:RECORDS {ledger_index: $index}]->(alarm)
WITH alarm
UNWIND $intents AS cid
MATCH (line:LogLine {cid: cid})
CREATE (alarm)-[:ABOUT {ledger_index: $index}]->(line)
RETURN count(*) AS made
