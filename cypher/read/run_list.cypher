// Runs at a glance, the youngest first.
// Parameters: limit. Rows: run, flow, name (of the flow), who, did, status, index, recorded_at.
MATCH (principal:Principal)-[:SUBMITTED]->(line:LogLine)-[:CAUSED]->(run:Run)-[:EXECUTES]->(flow:Flow)
RETURN run.id AS run, flow.id AS flow, flow.name AS name, principal.name AS who, line.did AS did,
  run.status AS status, run.ledger_index AS index, run.recorded_at AS recorded_at
ORDER BY index DESC LIMIT $limit
