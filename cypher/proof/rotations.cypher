// Which entries changed the supervisor's key.
// Parameters: none. Rows: index.
MATCH (line:LogLine)
WHERE line.did = 'supervisor.rotate_key' AND line.status = 'COMMITTED'
RETURN line.ended_index AS index
ORDER BY index
