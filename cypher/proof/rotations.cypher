// Which entries named a key of the supervisor's: genesis, and each that changed it.
// Parameters: none. Rows: index.
MATCH (supervisor:Supervisor)
RETURN supervisor.ledger_index AS index
ORDER BY index
