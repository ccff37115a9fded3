// Runs with their steps and values: a page of them, in the order of their ids.
// Parameters: after (the last id of the page before, or ""), limit.
// Rows: id, run (map of properties), steps (list of maps), carried (list of maps source, target, edge).
MATCH (run:Run)
WHERE run.id > $after
WITH run ORDER BY run.id LIMIT $limit
RETURN run.id AS id, properties(run) AS run,
  [(run)-[:HAS_STEP]->(step:Step) | properties(step)] AS steps,
  [(run)-[:HAS_STEP]->(source:Step)-[edge:CARRIED]->(target:Step) |
    {source: source.name, target: target.name, edge: properties(edge)}] AS carried
ORDER BY id
