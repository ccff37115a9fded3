// Which entries published these flows; what is no flow has no row.
// Parameters: keys (list of ids). Rows: key, index.
MATCH (flow:Flow)
WHERE flow.id IN $keys
RETURN flow.id AS key, flow.ledger_index AS index
