// Intents that have not ended: allowed ones whose effect is outstanding, and those that wait for consent.
// Parameters: none. Rows: cid, text (the signed intent), signature, decision (JSON text), policy_hash,
//   writer, index (of the entry that holds the decision), consents (list of maps by, cid, expires_at,
//   delegation, index),
//   effects (how many entries tell of one), past_effects (those before the last attempt); claimed (index), attempts,
//   attempt_index, wake_at (text), all null where there is none; claimed_at (ns, when its holder was given it),
//   flow (id or null), cancelled (JSON text or null), key (DID or null: which key signed it).
MATCH (line:LogLine:Pending)
OPTIONAL MATCH (by:Principal)-[answer:ANSWERED {answer: 'consent'}]->(line)
WITH line, by, answer ORDER BY answer.ledger_index
RETURN line.cid AS cid, line.text AS text, line.signature AS signature, line.decision AS decision,
  line.policy_hash AS policy_hash, line.writer AS writer, line.decided_index AS index,
  collect(CASE WHEN by IS NULL THEN null
    ELSE {by: by.did, cid: answer.cid, expires_at: answer.expires_at, delegation: answer.delegation,
      index: answer.ledger_index} END) AS consents,
  COUNT { (:LedgerEntry {kind: 'effect'})-[:RECORDS]->(line) } AS effects,
  reduce(last = 0, entry IN [(e:LedgerEntry)-[:RECORDS]->(line) | e] | CASE
    WHEN entry.index IN [line.decided_index, line.claimed_index, line.attempt_index] AND entry.recorded_at > last
    THEN entry.recorded_at ELSE last END) AS claimed_at, line.flow AS flow, line.cancelled AS cancelled, line.key AS key,
  COUNT { (entry:LedgerEntry {kind: 'effect'})-[:RECORDS]->(line) WHERE entry.index < line.attempt_index } AS past_effects,
  line.claimed_index AS claimed, line.attempts AS attempts, line.attempt_index AS attempt_index, line.wake_at AS wake_at
ORDER BY index
