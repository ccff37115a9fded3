// Intents by the flow that they run, which is there before their run is.
// Parameters: none. Rows: none.
CREATE INDEX logline_flow IF NOT EXISTS
FOR (n:LogLine) ON (n.flow)
