// Stores a draft: a source, with what came of building it. It is no node, and nothing can place it.
// Parameters: entry (hash); index; intent (cid); draft (map of properties); source (map id, text).
// Rows: made, 1.
MATCH (entry:LedgerEntry {hash: $entry})
MATCH (line:LogLine {cid: $intent})
CREATE (draft:Draft)
SET draft = $draft
CREATE (entry)-[:RECORDS {ledger_index: $index}]->(draft)
CREATE (line)-[:CAUSED {ledger_index: $index}]->(draft)
MERGE (source:Source {id: $source.id})
ON CREATE SET source.text = $source.text, source.ledger_index = $index
CREATE (draft)-[:WRITTEN_AS {ledger_index: $index}]->(source)
WITH draft
OPTIONAL MATCH (node:Node {id: draft.node})
FOREACH (published IN CASE WHEN node IS NULL THEN [] ELSE [node] END |
  CREATE (published)-[:DRAFTED_AS {ledger_index: $index}]->(draft)
)
RETURN count(*) AS made
