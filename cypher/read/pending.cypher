// Intents that have not ended: allowed ones whose effect is outstanding, and those that wait for consent.
// Parameters: none. Rows: cid, text (the signed intent), signature, decision (JSON text), policy_hash, writer, index,
//   consents (list of maps by, cid).
MATCH (line:LogLine:Pending)
OPTIONAL MATCH (by:Principal)-[answer:ANSWERED {answer: 'consent'}]->(line)
WITH line, by, answer ORDER BY answer.ledger_index
RETURN line.cid AS cid, line.text AS text, line.signature AS signature, line.decision AS decision, line.policy_hash AS policy_hash,
  line.writer AS writer, line.ledger_index AS index,
  collect(CASE WHEN by IS NULL THEN null ELSE {by: by.did, cid: answer.cid} END) AS consents
ORDER BY index
