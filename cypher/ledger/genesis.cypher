// Creates the head and the first entry of a ledger; the head's uniqueness makes a second genesis fail.
// Parameters: entry (map: the properties of a LedgerEntry).
// Rows: index of the entry.
CREATE (head:LedgerHead {
  ledger: $entry.ledger, index: $entry.index, hash: $entry.hash,
  recorded_at: $entry.recorded_at, lock: $entry.index
})
CREATE (entry:LedgerEntry)
SET entry = $entry
RETURN entry.index AS index
