// Registers a verb; one that is bound to a flow runs it.
// Parameters: entry (hash); index; name; docs; risk; schema (JSON text); flow (id or null).
// Rows: made, 1.
MATCH (entry:LedgerEntry {hash: $entry})
CREATE (verb:Verb {name: $name, docs: $docs, risk: $risk, schema: $schema, ledger_index: $index})
CREATE (entry)-[:RECORDS {ledger_index: $index}]->(verb)
WITH verb
OPTIONAL MATCH (flow:Flow {id: $flow})
FOREACH (bound IN CASE WHEN flow IS NULL THEN [] ELSE [flow] END |
  CREATE (verb)-[:STARTS {ledger_index: $index}]->(bound)
)
RETURN count(*) AS made
