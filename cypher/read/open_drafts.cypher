// How many drafts of a principal, made since an instant, have not become nodes: one that is drafted when the
// node is there already never does, or a stranger's source could be submitted again and again.
// Parameters: who (DID), since (ns since the epoch). Rows: open.
MATCH (draft:Draft {by: $who})
WHERE draft.recorded_at > $since AND NOT EXISTS {
  MATCH (:Node)-[became:DRAFTED_AS]->(draft) WHERE became.ledger_index > draft.ledger_index
}
RETURN count(*) AS open
