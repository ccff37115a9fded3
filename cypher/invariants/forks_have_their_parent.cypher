// A fork is joined to the one run whose past it shares, of the same flow, made before it; no other run is.
// Parameters: none. Rows: those that break it.
MATCH (run:Run)
WITH run, [(run)-[edge:FORKED_FROM]->(parent:Run) | {parent: parent, edge: edge}] AS forks
WHERE size(forks) <> CASE WHEN run.forked_from IS NULL THEN 0 ELSE 1 END
  OR any(fork IN forks WHERE fork.parent.flow <> run.flow OR fork.parent.ledger_index >= run.ledger_index)
RETURN run.id AS run
