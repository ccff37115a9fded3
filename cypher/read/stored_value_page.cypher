// Stored values, deleted ones included: a page of them, in the order of their ids.
// Parameters: prefix (of the ids; "" for all), after (the last id of the page before, or ""), limit.
// Rows: id, namespace, key, value (base64; null for one that was deleted), index (of the entry that wrote it).
MATCH (stored:StoredValue)
WHERE stored.id STARTS WITH $prefix AND stored.id > $after
RETURN stored.id AS id, stored.namespace AS namespace, stored.key AS key, stored.value AS value,
  stored.ledger_index AS index
ORDER BY id LIMIT $limit
