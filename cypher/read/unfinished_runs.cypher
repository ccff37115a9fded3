// Runs that have not ended: what the graph tells of each beside its intent.
// Parameters: flow (id or null), who (DID or null), since, until (ns, of the intent).
// Rows: intent, flow, name (of the flow, null if there is none), who, did, index, recorded_at, failure (of the last
//   attempt, the entry's text, or null), unknown (whether an effect was announced whose outcome is not known).
MATCH (principal:Principal)-[:SUBMITTED]->(line:LogLine:Pending)
WHERE line.flow IS NOT NULL AND line.recorded_at >= $since AND line.recorded_at < $until
  AND ($flow IS NULL OR line.flow = $flow)
  AND ($who IS NULL OR principal.did = $who)
OPTIONAL MATCH (flow:Flow {id: line.flow})
OPTIONAL MATCH (attempt:LedgerEntry {kind: 'attempt', index: line.attempt_index})-[:RECORDS]->(line)
RETURN line.cid AS intent, line.flow AS flow, flow.name AS name, principal.name AS who, line.did AS did,
  line.ledger_index AS index, line.recorded_at AS recorded_at, attempt.text AS failure,
  COUNT { (:LedgerEntry {kind: 'effect'})-[:RECORDS]->(line) }
    > COUNT { (:LedgerEntry {kind: 'outcome'})-[:RECORDS]->(line) } AS unknown
ORDER BY recorded_at DESC, intent
