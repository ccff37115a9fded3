// The supervisor's keys, in the order in which they signed the ledger.
// Parameters: none. Rows: did, previous, signature, index (of the entry that made it the supervisor's).
MATCH (supervisor:Supervisor)
RETURN supervisor.did AS did, supervisor.previous AS previous, supervisor.signature AS signature,
  supervisor.ledger_index AS index
ORDER BY index
