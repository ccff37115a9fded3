// Ids that begin with a prefix: short ids are accepted wherever ids are.
// Parameters: prefix; kinds (list of those that are meant).
// Rows: id, kind (its label; `Built`: what a draft was built to).
CALL () {
  MATCH (node:Node) WHERE node.id STARTS WITH $prefix RETURN node.id AS id, 'Node' AS kind
  UNION
  MATCH (flow:Flow) WHERE flow.id STARTS WITH $prefix RETURN flow.id AS id, 'Flow' AS kind
  UNION
  MATCH (run:Run) WHERE run.id STARTS WITH $prefix RETURN run.id AS id, 'Run' AS kind
  UNION
  MATCH (draft:Draft) WHERE draft.id STARTS WITH $prefix RETURN draft.id AS id, 'Draft' AS kind
  UNION
  MATCH (draft:Draft) WHERE draft.node STARTS WITH $prefix RETURN draft.node AS id, 'Built' AS kind
  UNION
  MATCH (grant:Grant) WHERE grant.id STARTS WITH $prefix RETURN grant.id AS id, 'Grant' AS kind
  UNION
  MATCH (lent:Delegation) WHERE lent.id STARTS WITH $prefix RETURN lent.id AS id, 'Delegation' AS kind
  UNION
  MATCH (line:LogLine) WHERE line.cid STARTS WITH $prefix RETURN line.cid AS id, 'LogLine' AS kind
}
WITH id, kind
WHERE kind IN $kinds
RETURN id, kind
ORDER BY kind, id LIMIT 20
