// Who may consent in whose place, those that were ended included.
// Parameters: in_force (true: only those that nobody has ended). Rows: id, by, to (DIDs), role, verbs (list, or null
//   for all), until (text), ended (id of an intent, or null), ledger_index (of the entry that made it; of one that was
//   ended, of the entry that says so).
MATCH (delegation:Delegation)
WHERE NOT $in_force OR delegation.ended IS NULL
RETURN delegation.id AS id, delegation.by AS by, delegation.to AS to, delegation.role AS role,
  delegation.verbs AS verbs, delegation.until AS until, delegation.ended AS ended,
  delegation.ledger_index AS ledger_index
ORDER BY until, id
