// Alarms, the youngest first.
// Parameters: id (or the beginning of one, or null), who (DID or null), status (or null), limit.
// Rows: id, pattern, severity, who, name, window_s, threshold, count, intents (list of cids), opened_by, status,
//   raised_at, raised_index, ledger_index, by (cid), lifted_by (name), note, consented (list of names).
MATCH (alarm:Alarm)-[:ABOUT]->(who:Principal)
WHERE ($id IS NULL OR alarm.id STARTS WITH $id) AND ($who IS NULL OR alarm.who = $who)
  AND ($status IS NULL OR alarm.status = $status)
WITH alarm, who ORDER BY alarm.raised_index DESC LIMIT $limit
OPTIONAL MATCH (lifter:Principal)-[:SUBMITTED]->(lifting:LogLine {cid: alarm.by})
RETURN alarm.id AS id, alarm.pattern AS pattern, alarm.severity AS severity, alarm.who AS who, who.name AS name,
  alarm.window_s AS window_s, alarm.threshold AS threshold, alarm.count AS count, alarm.intents AS intents,
  alarm.opened_by AS opened_by, alarm.status AS status, alarm.raised_at AS raised_at,
  alarm.raised_index AS raised_index, alarm.ledger_index AS ledger_index, alarm.by AS by, lifter.name AS lifted_by,
  alarm.note AS note,
  [(by:Principal)-[:ANSWERED {answer: 'consent'}]->(lifting) | by.name] AS consented
ORDER BY raised_index DESC
