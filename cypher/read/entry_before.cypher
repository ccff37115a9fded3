// The last entry that was recorded at a moment or before it.
// Parameters: moment (ns). Rows: index, or none.
MATCH (entry:LedgerEntry)
WHERE entry.recorded_at <= $moment
RETURN entry.index AS index
ORDER BY entry.recorded_at DESC LIMIT 1
