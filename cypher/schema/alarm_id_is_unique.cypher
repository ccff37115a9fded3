// An alarm is raised once.
// Parameters: none. Rows: none.
CREATE CONSTRAINT alarm_id_is_unique IF NOT EXISTS
FOR (n:Alarm) REQUIRE (n.id) IS UNIQUE
