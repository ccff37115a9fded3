// Entries in the chain's order, from an index on: at least one if there is any, and no more once so many
// characters have come together, so that what is read at once does not grow with what entries hold.
// Parameters: ledger; first (index); limit; characters.
// Rows: index, kind, text, hash, signature.
MATCH (entry:LedgerEntry)
WHERE entry.ledger = $ledger AND entry.index >= $first AND entry.index < $first + $limit
WITH entry ORDER BY entry.index
WITH collect(entry) AS entries,
  collect(CASE WHEN entry.text IS :: STRING NOT NULL THEN size(entry.text) ELSE 0 END) AS sizes
WITH entries, reduce(
  page = {left: $characters, count: 0}, size IN sizes |
  CASE WHEN page.left > 0 THEN {left: page.left - size, count: page.count + 1} ELSE page END
).count AS count
UNWIND entries[..count] AS entry
RETURN entry.index AS index, entry.kind AS kind, entry.text AS text, entry.hash AS hash,
  entry.signature AS signature
ORDER BY index
