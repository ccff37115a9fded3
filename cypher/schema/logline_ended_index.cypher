// Intents by the entry that ended them, so that reading on from one costs what comes after it.
// Parameters: none. Rows: none.
CREATE INDEX logline_ended_index IF NOT EXISTS
FOR (n:LogLine) ON (n.ended_index)
