// Runs, the youngest first.
// Parameters: ids (list, or null for all), limit.
// Rows: run (map of properties), steps (list of maps), carried (list of maps source, target, edge).
MATCH (run:Run)
WHERE $ids IS NULL OR run.id IN $ids
WITH run ORDER BY run.ledger_index DESC LIMIT $limit
RETURN properties(run) AS run,
  [(run)-[:HAS_STEP]->(step:Step) | properties(step)] AS steps,
  [(run)-[:HAS_STEP]->(source:Step)-[edge:CARRIED]->(target:Step) |
    {source: source.name, target: target.name, edge: properties(edge)}] AS carried
ORDER BY run.ledger_index DESC
