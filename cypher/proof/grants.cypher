// Where the grants of these nodes began that were in force between two entries, and where they ended
// meanwhile.
// Parameters: nodes (list of ids); first; last (indexes). Rows: began, ended (index, or null).
MATCH (grant:Grant)
WHERE grant.node IN $nodes AND grant.ledger_index < $last
  AND (grant.revoked_index IS NULL OR grant.revoked_index > $first)
RETURN grant.ledger_index AS began,
  CASE WHEN grant.revoked_index < $last THEN grant.revoked_index ELSE null END AS ended
ORDER BY began
