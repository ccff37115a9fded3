// Every ghost of a principal in a window.
// Parameters: who (DID or name); since, until (ns since the epoch).
// Rows: cid, who, verb, cause (JSON text), consequence, commitment, recorded_at, entry.
MATCH (who:Principal)-[:SUBMITTED]->(line:LogLine {status: 'GHOST'})
WHERE (who.did = $who OR who.name = $who)
  AND line.recorded_at >= $since AND line.recorded_at < $until
RETURN line.cid AS cid, who.name AS who, line.did AS verb, line.cause AS cause,
  line.consequence AS consequence, line.commitment AS commitment,
  line.recorded_at AS recorded_at, line.ledger_index AS entry
ORDER BY entry
