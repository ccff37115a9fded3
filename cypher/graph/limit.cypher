// Sets the limits of runs of a flow, of a principal, or of the whole ledger.
// Parameters: entry (hash); index; id; scope ('flow', 'principal' or 'ledger'); of (id, DID or null);
//   concurrent, run_seconds, step_seconds (each a number or null: no limit).
// Rows: made, 1.
MATCH (entry:LedgerEntry {hash: $entry})
MERGE (limit:RunLimit {id: $id})
SET limit = {id: $id, scope: $scope, of: $of, concurrent: $concurrent, run_seconds: $run_seconds,
  step_seconds: $step_seconds, ledger_index: $index}
CREATE (entry)-[:RECORDS {ledger_index: $index}]->(limit)
WITH limit
OPTIONAL MATCH (flow:Flow {id: $of})
OPTIONAL MATCH (principal:Principal {did: $of})
WITH limit, coalesce(flow, principal) AS limited
FOREACH (target IN CASE WHEN limited IS NULL OR EXISTS { (limit)-[:LIMITS]->(limited) } THEN [] ELSE [limited] END |
  CREATE (limit)-[:LIMITS {ledger_index: $index}]->(target)
)
RETURN count(*) AS made
