// Joins a run to the one whose past it shares, up to a step.
// Parameters: run (id, of this transaction); parent (id); at (the step); index. Rows: made, 1.
MATCH (run:Run {id: $run})
MATCH (parent:Run {id: $parent})
WHERE parent.flow = run.flow
CREATE (run)-[:FORKED_FROM {at: $at, ledger_index: $index}]->(parent)
RETURN count(*) AS made
