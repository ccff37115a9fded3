// When the breaker of a principal was lifted last.
// Parameters: none. Rows: who (DID), index (of the entry).
MATCH (alarm:Alarm {status: 'lifted'})
RETURN alarm.who AS who, max(alarm.ledger_index) AS index
ORDER BY who
