// Whether an entry took hold; asked under the head's lock, it settles a commit whose outcome is unknown.
// Parameters: hash. Rows: index, or none.
MATCH (entry:LedgerEntry {hash: $hash})
RETURN entry.index AS index
