// Whatever joins two things names the entry that joined them.
// Parameters: none. Rows: those that break it.
OPTIONAL MATCH (head:LedgerHead)
MATCH (source)-[edge]->(target)
WHERE edge.ledger_index IS NULL
  OR NOT EXISTS { MATCH (:LedgerEntry {ledger: head.ledger, index: edge.ledger_index}) }
RETURN labels(source) AS from, type(edge) AS type, labels(target) AS to
