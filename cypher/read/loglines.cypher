// Intents and what became of them, the youngest first.
// Parameters: cid (or null), who (or null), nonce (or null), status (or null), since (ns or null), limit.
// Rows: cid, who, name, did, when, status, decision, consequence, commitment, cause (JSON text), index,
//   ended (index or null), recorded_at, run (id or null).
MATCH (who:Principal)-[:SUBMITTED]->(line:LogLine)
WHERE ($cid IS NULL OR line.cid = $cid)
  AND ($who IS NULL OR line.who = $who)
  AND ($nonce IS NULL OR line.nonce = $nonce)
  AND ($status IS NULL OR line.status = $status)
  AND ($since IS NULL OR line.recorded_at >= $since)
OPTIONAL MATCH (line)-[:CAUSED]->(run:Run)
RETURN line.cid AS cid, line.who AS who, who.name AS name, line.did AS did, line.when AS when,
  line.status AS status, line.decision AS decision, line.consequence AS consequence,
  line.commitment AS commitment, line.cause AS cause, line.ledger_index AS index,
  line.ended_index AS ended, line.recorded_at AS recorded_at, run.id AS run, line.text AS text,
  line.result AS result
ORDER BY index DESC LIMIT $limit
