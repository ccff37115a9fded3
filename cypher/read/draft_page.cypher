// Drafts with what they are made of: a page of them, in the order of their ids.
// Parameters: after (the last id of the page before, or ""), limit.
// Rows: id, draft (map of properties), source (id), sources (list of texts).
MATCH (draft:Draft)
WHERE draft.id > $after
WITH draft ORDER BY draft.id LIMIT $limit
RETURN draft.id AS id, properties(draft) AS draft,
  head([(draft)-[:WRITTEN_AS]->(source:Source) | source.id]) AS source,
  [(draft)-[:WRITTEN_AS]->(source:Source) | source.text] AS sources
ORDER BY id
