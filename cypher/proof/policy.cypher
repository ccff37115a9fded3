// Which entry last put a policy in force before an index.
// Parameters: ledger; policy (id); before (index). Rows: index; none if no entry did.
MATCH (:Governance {ledger: $ledger})-[enforces:ENFORCES]->(:Policy {id: $policy})
WHERE enforces.ledger_index < $before
RETURN enforces.ledger_index AS index
ORDER BY index DESC LIMIT 1
