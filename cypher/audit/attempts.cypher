// Everything that a principal tried in a window, done or not: who, what, when, on what authority, what came of it.
// Parameters: who (DID or name); since, until (ns since the epoch).
// Rows: entry, recorded_at (by the ledger), when (as signed), who, did, roles, registered_by, registered_entry, verb,
//   this (JSON text), cid, signature, decision, rules (JSON text), policy_hash, policy_entry (that put it in force),
//   policy_by, policy_consents, answers (list of name and answer), ended, ended_entry, cause (JSON text),
//   alarms (list), receipts (how many), runs (how many).
MATCH (who:Principal)-[:SUBMITTED]->(line:LogLine)
WHERE (who.did = $who OR who.name = $who) AND line.recorded_at >= $since AND line.recorded_at < $until
MATCH (made:LedgerEntry)-[:RECORDS]->(who)
WHERE made.index = who.ledger_index
OPTIONAL MATCH (registrar:Principal)-[:SUBMITTED]->(:LogLine {did: 'principal.register'})<-[:RECORDS]-(made)
MATCH (begun:LedgerEntry {index: line.ledger_index})-[:RECORDS]->(line)
CALL (begun) {
  MATCH (:Governance {ledger: begun.ledger})-[enforces:ENFORCES]->(policy:Policy)
  WHERE enforces.ledger_index < begun.index
  RETURN policy, enforces.ledger_index AS policy_entry ORDER BY policy_entry DESC LIMIT 1
}
OPTIONAL MATCH (:LedgerEntry {index: policy_entry, ledger: begun.ledger})-[:RECORDS]->(activation:LogLine)
  <-[:SUBMITTED]-(activator:Principal)
WITH who, line, made, registrar, begun, policy, policy_entry, activation, activator,
  split(line.first_decision, '"outcome":"') AS decided, split(line.first_decision, '"policies":[') AS ruled,
  size(split(line.text, '"this":')[0]) + size('"this":') AS start, split(line.text, ',"when":"') AS parts
RETURN begun.index AS entry, line.recorded_at AS recorded_at, line.when AS when, who.name AS who, who.did AS did,
  who.roles AS roles, registrar.name AS registered_by, made.index AS registered_entry, line.did AS verb,
  substring(line.text, start, size(line.text) - size(parts[-1]) - size(',"when":"') - start) AS this,
  line.cid AS cid, line.signature AS signature,
  split(decided[-1], '"')[0] AS decision, '[' + split(ruled[-1], '],"')[0] + ']' AS rules,
  policy.id AS policy_hash, policy_entry, activator.name AS policy_by,
  COLLECT {
    MATCH (by:Principal)-[given:ANSWERED {answer: 'consent'}]->(activation)
    RETURN by.name ORDER BY given.ledger_index
  } AS policy_consents,
  COLLECT {
    MATCH (by:Principal)-[given:ANSWERED]->(line)
    RETURN by.name + ': ' + given.answer ORDER BY given.ledger_index
  } AS answers,
  line.status AS ended, line.ended_index AS ended_entry, line.cause AS cause,
  COLLECT { MATCH (alarm:Alarm)-[:ABOUT]->(line) RETURN alarm.pattern ORDER BY alarm.pattern } AS alarms,
  COUNT { (:LedgerEntry {kind: 'receipt'})-[:RECORDS]->(line) } AS receipts,
  COUNT { (line)-[:CAUSED]->(:Run) } AS runs
ORDER BY entry
