// Every registered verb, with the flow that it starts.
// Parameters: none. Rows: name, docs, risk, schema (JSON text), flow (id or null), index;
// effect, idempotent: null of verbs of earlier versions; amount (JSON pointer or null).
MATCH (verb:Verb)
OPTIONAL MATCH (verb)-[:STARTS]->(flow:Flow)
RETURN verb.name AS name, verb.docs AS docs, verb.risk AS risk, verb.schema AS schema,
  verb.effect AS effect, verb.idempotent AS idempotent, verb.amount AS amount,
  flow.id AS flow, verb.ledger_index AS index
ORDER BY name
