// Genesis, and every entry that changed the supervisor's key, in the ledger's order.
// Parameters: none. Rows: text, hash, signature.
MATCH (entry:LedgerEntry)-[:RECORDS]->(supervisor:Supervisor)
USING SCAN supervisor:Supervisor
RETURN entry.text AS text, entry.hash AS hash, entry.signature AS signature
ORDER BY entry.index
