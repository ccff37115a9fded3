// A ghost caused nothing.
// Parameters: none. Rows: those that break it.
MATCH (line:LogLine)-[:CAUSED]->(effect)
WHERE line.status <> 'COMMITTED'
RETURN line.cid AS cid, line.status AS status, labels(effect) AS labels
