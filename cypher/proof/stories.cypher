// Every entry about these intents, in their order.
// Parameters: intents (list of cids). Rows: text, hash, signature.
MATCH (line:LogLine)
WHERE line.cid IN $intents
CALL (line) {
  MATCH (line)<-[:RECORDS]-(entry:LedgerEntry)
  RETURN entry
  UNION
  MATCH (line)<-[:ABOUT]-(:Escalation)<-[:RECORDS]-(entry:LedgerEntry {kind: 'escalation'})
  RETURN entry
}
WITH DISTINCT entry ORDER BY entry.index
RETURN entry.text AS text, entry.hash AS hash, entry.signature AS signature
