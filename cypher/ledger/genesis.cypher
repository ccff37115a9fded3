// Creates the head and the first entry of the ledger; `only` is the same on every head and unique, so
// that a second genesis fails, whatever its ledger is called. The head's lock never changes: setting it
// to what it is takes the node's lock.
// Parameters: entry (map: the properties of a LedgerEntry); supervisor (DID: whose key signs the next entry).
// Rows: index of the entry.
CREATE (head:LedgerHead {
  ledger: $entry.ledger, index: $entry.index, hash: $entry.hash, recorded_at: $entry.recorded_at,
  supervisor: $supervisor, lock: 0, only: true
})
CREATE (entry:LedgerEntry)
SET entry = $entry
RETURN entry.index AS index
