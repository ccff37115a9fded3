// Who allowed a run, and on what evidence: the intent, the policies that decided, every consent.
// Parameters: run (id). Rows: run, who, verb, decision, consented_by, in_place_of, consent, policy_hash, entry, recorded_at.
MATCH (who:Principal)-[:SUBMITTED]->(line:LogLine)-[:CAUSED]->(run:Run {id: $run})
MATCH (entry:LedgerEntry)-[:RECORDS]->(line)
OPTIONAL MATCH (line)<-[answer:ANSWERED {answer: 'consent', ledger_index: entry.index}]-(by:Principal)
OPTIONAL MATCH (:Delegation {id: answer.delegation})-[:SPEAKS_FOR]->(seat:Principal)
RETURN run.id AS run, who.name AS who, line.did AS verb, entry.kind AS kind, entry.index AS entry,
  by.name AS consented_by, seat.name AS in_place_of, answer.cid AS consent,
  CASE WHEN entry.kind = 'intent' THEN line.first_decision ELSE null END AS decision,
  line.policy_hash AS policy_hash, entry.recorded_at AS recorded_at
ORDER BY entry
