// Alarms that may concern a decision: those that hold a breaker open, and those raised after a moment.
// Parameters: since (ns since the epoch).
// Rows: id, who (DID), pattern, severity, window_s, status, raised_at (ns), raised_index.
MATCH (alarm:Alarm)
WHERE alarm.status = 'open' OR alarm.raised_at > $since
RETURN alarm.id AS id, alarm.who AS who, alarm.pattern AS pattern, alarm.severity AS severity,
  alarm.window_s AS window_s, alarm.status AS status, alarm.raised_at AS raised_at, alarm.raised_index AS raised_index
ORDER BY raised_index
