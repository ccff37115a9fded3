// The same of the runs in which a value travelled, found by its content id.
// Parameters: those of read/run_list, and value (content id). Rows: those of read/run_list.
MATCH ()-[carried:CARRIED]->(step:Step)
WHERE carried.cid = $value
WITH DISTINCT step.run AS id
MATCH (run:Run {id: id})
WHERE run.recorded_at >= $since AND run.recorded_at < $until
  AND ($flow IS NULL OR run.flow = $flow)
  AND ($status IS NULL OR run.status = $status)
MATCH (principal:Principal)-[:SUBMITTED]->(line:LogLine)-[:CAUSED]->(run)-[:EXECUTES]->(flow:Flow)
WHERE $who IS NULL OR principal.did = $who
RETURN run.id AS run, line.cid AS intent, flow.id AS flow, flow.name AS name, principal.name AS who,
  line.did AS did, run.status AS status, run.ledger_index AS index, run.recorded_at AS recorded_at
ORDER BY recorded_at DESC, run LIMIT $limit
