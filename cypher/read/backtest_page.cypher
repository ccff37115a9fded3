// Runs of some flows, recorded since then, that are no forks: a page of them, in the order of their ids.
// Parameters: flows (list of ids); since (recorded_at); after (the last id of the page before, or ""); limit.
// Rows: id, index, run (map of properties), steps (list of maps), carried (list of maps source, target, edge).
MATCH (run:Run)
WHERE run.id > $after AND run.flow IN $flows AND run.recorded_at >= $since AND run.forked_from IS NULL
WITH run ORDER BY run.id LIMIT $limit
RETURN run.id AS id, run.ledger_index AS index, properties(run) AS run,
  [(run)-[:HAS_STEP]->(step:Step) | properties(step)] AS steps,
  [(run)-[:HAS_STEP]->(source:Step)-[edge:CARRIED]->(target:Step) |
    {source: source.name, target: target.name, edge: properties(edge)}] AS carried
ORDER BY id
