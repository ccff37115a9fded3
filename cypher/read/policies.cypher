// Every policy that was ever in force, the youngest first.
// Parameters: ledger. Rows: id, text, index.
MATCH (:Governance {ledger: $ledger})-[enforces:ENFORCES]->(policy:Policy)
RETURN policy.id AS id, policy.text AS text, enforces.ledger_index AS index
ORDER BY index DESC
