// Which entries made these delegations, and ended them.
// Parameters: keys (list of ids). Rows: key, index (one row for each entry).
MATCH (entry:LedgerEntry)-[:RECORDS]->(delegation:Delegation)
WHERE delegation.id IN $keys
RETURN delegation.id AS key, entry.index AS index
ORDER BY index
