// Finished runs at a glance, the youngest first.
// Parameters: flow (id or null), status (or null), who (DID or null), since, until (ns; recorded from the one on, and
//   before the other), limit.
// Rows: run, intent, flow, name (of the flow), who, did, status, index, recorded_at.
MATCH (run:Run)
WHERE run.recorded_at >= $since AND run.recorded_at < $until
  AND ($flow IS NULL OR run.flow = $flow)
  AND ($status IS NULL OR run.status = $status)
MATCH (principal:Principal)-[:SUBMITTED]->(line:LogLine)-[:CAUSED]->(run)-[:EXECUTES]->(flow:Flow)
WHERE $who IS NULL OR principal.did = $who
RETURN run.id AS run, line.cid AS intent, flow.id AS flow, flow.name AS name, principal.name AS who,
  line.did AS did, run.status AS status, run.ledger_index AS index, run.recorded_at AS recorded_at
ORDER BY recorded_at DESC, run LIMIT $limit
