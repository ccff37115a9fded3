// Escalations with the intents that they are about, the youngest first.
// Parameters: id (cid of the intent, or null), status (or null), limit.
// Rows: id, status, handler, target, consequence, expires_at (text), opened_index, ledger_index, by (cid), answer,
//   note, by_intent, resolved_by (name), who (did), name, did, line_status, cause (JSON text), result (JSON text),
//   run (id), held_by (list of names: who may answer), recorded_at.
MATCH (escalation:Escalation)-[:ABOUT]->(line:LogLine)
WHERE ($id IS NULL OR escalation.id = $id) AND ($status IS NULL OR escalation.status = $status)
WITH escalation, line ORDER BY escalation.opened_index DESC LIMIT $limit
MATCH (who:Principal {did: line.who})
OPTIONAL MATCH (line)-[:CAUSED]->(run:Run)
OPTIONAL MATCH (answerer:Principal)-[:SUBMITTED]->(:LogLine {cid: escalation.by})
CALL (escalation, line) {
  MATCH (holder:Principal)
  WHERE holder.did <> line.who
    AND (escalation.handler IN holder.roles OR escalation.target IN [holder.did, holder.name])
  WITH holder ORDER BY holder.name
  RETURN collect(holder.name) AS held_by
}
RETURN escalation.id AS id, escalation.status AS status, escalation.handler AS handler, escalation.target AS target,
  escalation.consequence AS consequence, escalation.expires_at AS expires_at,
  escalation.opened_index AS opened_index, escalation.ledger_index AS ledger_index, escalation.by AS by,
  escalation.answer AS answer, escalation.note AS note, escalation.by_intent AS by_intent,
  answerer.name AS resolved_by, line.who AS who, who.name AS name, line.did AS did, line.status AS line_status,
  line.cause AS cause, line.result AS result, run.id AS run, held_by, line.recorded_at AS recorded_at
ORDER BY opened_index DESC
