// Every alarm in a window: about whom, on which ghosts, whether it opened a breaker, who lifted it with whose consent.
// Parameters: since, until (ns since the epoch).
// Rows: alarm, pattern, severity, who, raised_at, entry, ghosts, intents (list of cids), verbs, status, lifted_by,
//   consented, lifted_entry, note.
MATCH (alarm:Alarm)-[:ABOUT]->(who:Principal)
WHERE alarm.raised_at >= $since AND alarm.raised_at < $until
OPTIONAL MATCH (lifter:Principal)-[:SUBMITTED]->(lifting:LogLine {cid: alarm.by})
RETURN alarm.id AS alarm, alarm.pattern AS pattern, alarm.severity AS severity, who.name AS who,
  alarm.raised_at AS raised_at, alarm.raised_index AS entry, alarm.count AS ghosts, alarm.intents AS intents,
  COLLECT { MATCH (alarm)-[:ABOUT]->(line:LogLine) RETURN DISTINCT line.did ORDER BY line.did } AS verbs,
  alarm.status AS status, lifter.name AS lifted_by,
  [(by:Principal)-[:ANSWERED {answer: 'consent'}]->(lifting) | by.name] AS consented,
  CASE alarm.status WHEN 'lifted' THEN alarm.ledger_index END AS lifted_entry, alarm.note AS note
ORDER BY entry
