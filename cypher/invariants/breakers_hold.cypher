// While a breaker is open, nothing of its principal is allowed that a breaker holds.
// Parameters: none. Rows: those that break it.
MATCH (alarm:Alarm {severity: 'high'})-[:ABOUT]->(who:Principal)
WHERE who.type <> 'supervisor'
MATCH (who)-[:SUBMITTED]->(line:LogLine)
WHERE line.ledger_index > alarm.raised_index AND (alarm.status = 'open' OR line.ledger_index < alarm.ledger_index)
  AND NOT line.first_decision CONTAINS '"outcome":"DENY"'
  AND NOT line.did IN ['consent.give', 'consent.refuse', 'escalation.resolve', 'run.cancel', 'principal.revoke']
MATCH (verb:Verb {name: line.did})
WHERE verb.risk <> 'L0'
RETURN alarm.id AS alarm, who.name AS who, line.cid AS cid, line.did AS verb
