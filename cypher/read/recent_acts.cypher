// Acts that were not denied, recorded after an entry and within a window: what rates count.
// Parameters: since (ns since the epoch: after then), after (index: of entries after it).
// Rows: who (DID), verb, at (ns), index; in the ledger's order.
MATCH (entry:LedgerEntry)
WHERE entry.recorded_at > $since AND entry.index > $after AND entry.kind = 'intent'
MATCH (entry)-[:RECORDS]->(line:LogLine)
WHERE NOT line.first_decision CONTAINS '"outcome":"DENY"'
RETURN line.who AS who, line.did AS verb, entry.recorded_at AS at, entry.index AS index
ORDER BY index
