// Alarms as they are stored: a page of them, in the order of their ids.
// Parameters: after (the last id of the page before, or ""), limit.
// Rows: id, alarm (map of properties).
MATCH (alarm:Alarm)
WHERE alarm.id > $after
RETURN alarm.id AS id, properties(alarm) AS alarm
ORDER BY id LIMIT $limit
