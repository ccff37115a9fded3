// The policy in force: the one that was activated last.
// Parameters: ledger. Rows: id, text, index; none before genesis.
MATCH (:Governance {ledger: $ledger})-[enforces:ENFORCES]->(policy:Policy)
RETURN policy.id AS id, policy.text AS text, enforces.ledger_index AS index
ORDER BY index DESC LIMIT 1
