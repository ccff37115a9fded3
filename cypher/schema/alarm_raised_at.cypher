// Alarms by time, for those whose window has not passed.
// Parameters: none. Rows: none.
CREATE INDEX alarm_raised_at IF NOT EXISTS
FOR (n:Alarm) ON (n.raised_at)
