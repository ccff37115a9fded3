// Limits of runs.
// Parameters: none. Rows: id, scope, of, concurrent, run_seconds, step_seconds (each of these null: no limit).
MATCH (limit:RunLimit)
RETURN limit.id AS id, limit.scope AS scope, limit.of AS of, limit.concurrent AS concurrent,
  limit.run_seconds AS run_seconds, limit.step_seconds AS step_seconds
ORDER BY id
