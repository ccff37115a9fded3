// Every entry about the intents that these entries are about, in their order.
// Parameters: ledger; indexes (list). Rows: text, hash, signature.
UNWIND $indexes AS index
MATCH (:LedgerEntry {ledger: $ledger, index: index})-[:RECORDS]->(line:LogLine)
WITH DISTINCT line
CALL (line) {
  MATCH (line)<-[:RECORDS]-(entry:LedgerEntry)
  RETURN entry
  UNION
  MATCH (line)<-[:ABOUT]-(:Escalation)<-[:RECORDS]-(entry:LedgerEntry {kind: 'escalation'})
  RETURN entry
}
WITH DISTINCT entry ORDER BY entry.index
RETURN entry.text AS text, entry.hash AS hash, entry.signature AS signature
