// Ends that emit an event, in the ledger's order: after one entry, up to another.
// Parameters: ledger; after, until (indexes); event (or null); target (or null); limit.
// Rows: index, event, target (or null), intent, verb, who (did), name, run (id or null), consequence, outcome
//   ('done', 'failed' or 'ghost'), recorded_at, hash.
MATCH (line:LogLine)
WHERE line.ended_index > $after AND line.ended_index <= $until AND line.commitment STARTS WITH 'emit:'
WITH line, split(substring(line.commitment, 5), '@') AS parts
WITH line, parts[0] AS event, CASE WHEN size(parts) > 1 THEN parts[1] END AS target
WHERE ($event IS NULL OR event = $event) AND ($target IS NULL OR target = $target)
WITH line, event, target ORDER BY line.ended_index LIMIT $limit
MATCH (who:Principal {did: line.who})
MATCH (entry:LedgerEntry {ledger: $ledger, index: line.ended_index})
OPTIONAL MATCH (line)-[:CAUSED]->(run:Run)
RETURN line.ended_index AS index, event, target, line.cid AS intent, line.did AS verb, line.who AS who,
  who.name AS name, run.id AS run, line.consequence AS consequence,
  CASE WHEN line.status = 'GHOST' THEN 'ghost' WHEN line.consequence = 'if_ok' THEN 'done' ELSE 'failed' END AS outcome,
  entry.recorded_at AS recorded_at, entry.hash AS hash
ORDER BY index
