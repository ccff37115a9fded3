// Every registered verb, with the flow that it starts.
// Parameters: none. Rows: name, docs, risk, schema (JSON text), flow (id or null), amount (JSON pointer or null), index.
MATCH (verb:Verb)
OPTIONAL MATCH (verb)-[:STARTS]->(flow:Flow)
RETURN verb.name AS name, verb.docs AS docs, verb.risk AS risk, verb.schema AS schema,
  flow.id AS flow, verb.amount AS amount, verb.ledger_index AS index
ORDER BY name
