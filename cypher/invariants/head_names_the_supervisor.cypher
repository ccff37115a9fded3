// The head names the youngest of the supervisor's keys, and each key follows the one before it.
// Parameters: none. Rows: those that break it.
MATCH (head:LedgerHead)
CALL () {
  MATCH (supervisor:Supervisor)
  WITH supervisor ORDER BY supervisor.ledger_index
  RETURN collect(supervisor.did) AS keys, collect(coalesce(supervisor.previous, '')) AS previous
}
WITH head, keys, previous
WHERE head.supervisor IS NULL OR keys = [] OR head.supervisor <> keys[-1]
  OR previous <> [''] + keys[..-1]
RETURN head.supervisor AS supervisor, keys, previous
