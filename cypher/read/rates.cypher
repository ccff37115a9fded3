// How often who may submit what.
// Parameters: none. Rows: id, who (DID or null), verb (name or null), count (null: no rate), seconds, index (of the entry
//   that set it), name (of who, or null).
MATCH (rate:Rate)
OPTIONAL MATCH (rate)-[:LIMITS]->(who:Principal)
RETURN rate.id AS id, rate.who AS who, rate.verb AS verb, rate.count AS count, rate.seconds AS seconds,
  rate.ledger_index AS index, who.name AS name
ORDER BY id
