// Which entries registered these verbs.
// Parameters: keys (list of names). Rows: key, index.
MATCH (verb:Verb)
WHERE verb.name IN $keys
RETURN verb.name AS key, verb.ledger_index AS index
