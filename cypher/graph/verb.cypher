// Registers a verb; one that is bound to a flow runs it. One that is there already is bound to another flow.
// Parameters: entry (hash); index; name; docs; risk; schema (JSON text); flow (id or null);
// effect and idempotent (null of verbs of earlier versions), amount (JSON pointer or null).
// Rows: made, 1; 0 if a verb of that name says something else.
MATCH (entry:LedgerEntry {hash: $entry})
MERGE (verb:Verb {name: $name})
ON CREATE SET verb.docs = $docs, verb.risk = $risk, verb.schema = $schema, verb.effect = $effect,
  verb.idempotent = $idempotent, verb.amount = $amount,
  verb.ledger_index = $index
WITH entry, verb
WHERE verb.docs = $docs AND verb.risk = $risk AND verb.schema = $schema AND coalesce(verb.amount, '') = coalesce($amount, '')
CREATE (entry)-[:RECORDS {ledger_index: $index}]->(verb)
WITH verb
OPTIONAL MATCH (verb)-[old:STARTS]->()
DELETE old
WITH DISTINCT verb
OPTIONAL MATCH (flow:Flow {id: $flow})
FOREACH (bound IN CASE WHEN flow IS NULL THEN [] ELSE [flow] END |
  CREATE (verb)-[:STARTS {ledger_index: $index}]->(bound)
)
RETURN count(*) AS made
