// An end escalates: somebody with a role, or its target, is to look at the intent.
// Parameters: entry (hash); index; intent (cid); escalation (map of properties).
// Rows: made, 1.
MATCH (entry:LedgerEntry {hash: $entry})
MATCH (line:LogLine {cid: $intent})
CREATE (escalation:Escalation)
SET escalation = $escalation
CREATE (escalation)-[:ABOUT {ledger_index: $index}]->(line)
CREATE (entry)-[:RECORDS {ledger_index: $index}]->(escalation)
RETURN count(*) AS made
