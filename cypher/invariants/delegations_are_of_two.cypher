// A delegation is by one principal to another, by those whom it names, and ended by a recorded intent if it is.
// Parameters: none. Rows: those that break it.
MATCH (delegation:Delegation)
WITH delegation, [(delegation)-[:SPEAKS_FOR]->(by:Principal) | by.did] AS by,
  [(delegation)-[:LENT_TO]->(to:Principal) | to.did] AS to
WHERE by <> [delegation.by] OR to <> [delegation.to] OR by = to
  OR NOT EXISTS { MATCH (:LogLine {cid: delegation.id}) }
  OR (delegation.ended IS NOT NULL AND NOT EXISTS { MATCH (:LogLine {cid: delegation.ended}) })
RETURN delegation.id AS delegation, by, to
