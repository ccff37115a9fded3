// The supervisor's key from the next entry on: its node, and the head says whose it is. At genesis the head
// says so already (ledger/genesis).
// Parameters: entry (hash); index; ledger; did; previous, signature (null at genesis).
// Rows: made, 1; 0 if the key before is not the one that the head names.
MATCH (entry:LedgerEntry {hash: $entry})
MATCH (head:LedgerHead {ledger: $ledger})
WHERE head.supervisor = coalesce($previous, $did)
SET head.supervisor = $did
CREATE (supervisor:Supervisor {
  did: $did, previous: $previous, signature: $signature, ledger_index: $index
})
CREATE (entry)-[:RECORDS {ledger_index: $index}]->(supervisor)
RETURN count(*) AS made
