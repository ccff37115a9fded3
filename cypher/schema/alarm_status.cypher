// Alarms that hold a breaker open: a few among all that there ever were.
// Parameters: none. Rows: none.
CREATE INDEX alarm_status IF NOT EXISTS
FOR (n:Alarm) ON (n.status)
