// A draft has one intent and one source; it leads to the node that it was built to and to no other, and
// nothing places it.
// Parameters: none. Rows: those that break it.
MATCH (draft:Draft)
OPTIONAL MATCH (node:Node {id: draft.node})
WITH draft, node, COUNT { (draft)<-[:DRAFTED_AS]-() } AS published,
  COUNT { (node)-[:DRAFTED_AS]->(draft) } AS joined
WHERE draft:Node OR published <> joined OR (node IS NOT NULL AND joined <> 1)
  OR COUNT { (:LogLine {cid: draft.id})-[:CAUSED]->(draft) } <> 1
  OR COUNT { (draft)-[:WRITTEN_AS]->(:Source) } <> 1
  OR EXISTS { (:Placement)-[:USES]->(draft) }
RETURN draft.id AS draft, draft.node AS node
