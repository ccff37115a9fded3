// Intents with everything that the graph holds of them: a page of them, in the order of their ids.
// Parameters: after (the last cid of the page before, or ""), limit.
// Rows: cid, line (map of properties), pending (whether it has that label), submitted_by (list of dids),
//   answers (list of maps edge (map of properties), principal (did)).
MATCH (line:LogLine)
WHERE line.cid > $after
WITH line ORDER BY line.cid LIMIT $limit
RETURN line.cid AS cid, properties(line) AS line, line:Pending AS pending,
  [(who:Principal)-[:SUBMITTED]->(line) | who.did] AS submitted_by,
  [(by:Principal)-[answer:ANSWERED]->(line) | {edge: properties(answer), principal: by.did}] AS answers
ORDER BY cid
