// Sets how often a principal may submit a verb.
// Parameters: entry (hash); index; id; who (DID, or null: each principal by itself); verb (name, or null: all together);
//   count (or null: no rate); seconds.
// Rows: made, 1.
MATCH (entry:LedgerEntry {hash: $entry})
MERGE (rate:Rate {id: $id})
SET rate = {id: $id, who: $who, verb: $verb, count: $count, seconds: $seconds, ledger_index: $index}
CREATE (entry)-[:RECORDS {ledger_index: $index}]->(rate)
WITH rate
OPTIONAL MATCH (who:Principal {did: $who})
OPTIONAL MATCH (verb:Verb {name: $verb})
FOREACH (limited IN CASE WHEN who IS NULL OR EXISTS { (rate)-[:LIMITS]->(who) } THEN [] ELSE [who] END |
  CREATE (rate)-[:LIMITS {ledger_index: $index}]->(limited)
)
FOREACH (limited IN CASE WHEN verb IS NULL OR EXISTS { (rate)-[:LIMITS]->(verb) } THEN [] ELSE [verb] END |
  CREATE (rate)-[:LIMITS {ledger_index: $index}]->(limited)
)
RETURN count(*) AS made
