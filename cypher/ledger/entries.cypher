// Entries in the chain's order, from an index on.
// Parameters: ledger; first (index); limit. Rows: index, kind, text, hash, signature.
MATCH (entry:LedgerEntry)
WHERE entry.ledger = $ledger AND entry.index >= $first AND entry.index < $first + $limit
RETURN entry.index AS index, entry.kind AS kind, entry.text AS text, entry.hash AS hash,
  entry.signature AS signature
ORDER BY entry.index
