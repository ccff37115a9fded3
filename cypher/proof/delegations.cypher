// Which entries made these delegations, and ended them; and the others by and to the same two, for
// whichever of them held when it was counted lends its roles.
// Parameters: keys (list of ids). Rows: key, index (one row for each entry).
MATCH (named:Delegation)
WHERE named.id IN $keys
MATCH (delegation:Delegation)
WHERE delegation.by = named.by AND delegation.to = named.to
MATCH (entry:LedgerEntry)-[:RECORDS]->(delegation)
RETURN DISTINCT delegation.id AS key, entry.index AS index
ORDER BY index
