// The ghosts of one principal by time: patterns over a window read no more than that. Only ghosts have the
// property, so that nothing else costs a place in it.
// Parameters: none. Rows: none.
CREATE INDEX logline_ghost_at IF NOT EXISTS
FOR (n:LogLine) ON (n.who, n.ghost_at)
