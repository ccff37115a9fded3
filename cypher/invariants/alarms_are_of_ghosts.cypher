// An alarm is about one principal and its ghosts, those that its entry names and no others; it stands as its entries
// left it: open or noted since it was raised, or lifted by one later entry.
// Parameters: none. Rows: those that break it.
MATCH (alarm:Alarm)
WITH alarm, COLLECT { MATCH (alarm)-[:ABOUT]->(who:Principal) RETURN who.did } AS whom,
  COLLECT { MATCH (alarm)-[:ABOUT]->(line:LogLine {status: 'GHOST'}) WHERE line.who = alarm.who AND line.ended_index < alarm.raised_index RETURN line.cid ORDER BY line.ended_index } AS ghosts,
  COUNT { (alarm)-[:ABOUT]->() } AS about, COUNT { (:LedgerEntry)-[:RECORDS]->(alarm) } AS entries
WHERE whom <> [alarm.who] OR ghosts <> alarm.intents OR about <> size(alarm.intents) + 1
  OR last(alarm.intents) <> alarm.opened_by OR alarm.count < alarm.threshold
  OR NOT EXISTS { (:LedgerEntry {kind: 'alarm', index: alarm.raised_index})-[:RECORDS]->(alarm) }
  OR NOT alarm.status IN CASE alarm.severity WHEN 'high' THEN ['open', 'lifted'] ELSE ['noted'] END
  OR (alarm.status = 'lifted') <> (alarm.ledger_index > alarm.raised_index)
  OR (alarm.status = 'lifted') <> EXISTS { (:LogLine {cid: alarm.by, did: 'breaker.lift', status: 'COMMITTED'}) }
  OR entries <> CASE alarm.status WHEN 'lifted' THEN 2 ELSE 1 END
RETURN alarm.id AS alarm, alarm.status AS status, whom, about, entries
