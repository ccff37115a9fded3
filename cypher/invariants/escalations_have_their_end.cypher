// An intent that ended in escalate:… has one escalation, made by the entry after its end, and no other has one;
// it is open, or one later entry closed it. A ghost whose cause says `escalates: false` has none: its author had too many open.
// Parameters: none. Rows: those that break it.
MATCH (line:LogLine)
WITH line, line.status = 'GHOST' AND line.cause CONTAINS '"escalates":false' AS held_back
WHERE line.commitment STARTS WITH 'escalate:' AND NOT held_back OR EXISTS { (:Escalation)-[:ABOUT]->(line) }
OPTIONAL MATCH (escalation:Escalation)-[:ABOUT]->(line)
WITH line, held_back, collect(escalation) AS found, 'escalate:' + escalation.handler + coalesce('@' + escalation.target, '') AS says,
  COUNT { (:LedgerEntry)-[:RECORDS]->(escalation) } AS entries, escalation
WHERE held_back OR size(found) <> 1 OR says <> line.commitment OR escalation.id <> line.cid
  OR escalation.consequence <> line.consequence OR escalation.opened_index <> line.ended_index + 1
  OR NOT EXISTS {
    MATCH (:LedgerEntry {kind: 'escalation', index: escalation.opened_index})-[:RECORDS]->(escalation)
  }
  OR NOT escalation.status IN ['open', 'resolved', 'expired']
  OR (escalation.status = 'open') <> (escalation.ledger_index = escalation.opened_index)
  OR entries <> CASE escalation.status WHEN 'open' THEN 1 ELSE 2 END
RETURN line.cid AS cid, line.commitment AS commitment, escalation.status AS status, size(found) AS escalations
