// What became of principals' keys since they were registered, in the ledger's order.
// Parameters: none. Rows: kind ('key' or 'revocation'), change (its properties, ledger_index among them).
MATCH (change:PrincipalKey|Revocation)
RETURN CASE WHEN change:PrincipalKey THEN 'key' ELSE 'revocation' END AS kind, properties(change) AS change
ORDER BY change.ledger_index
