// What the ledger tells of an intent's effects outside: the entries before and after each, in their order.
// Parameters: intent (cid). Rows: text, hash, signature.
MATCH (entry:LedgerEntry)-[:RECORDS]->(:LogLine {cid: $intent})
WHERE entry.kind IN ['effect', 'outcome']
RETURN entry.text AS text, entry.hash AS hash, entry.signature AS signature
ORDER BY entry.index
