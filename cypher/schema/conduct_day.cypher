// Of everybody's conduct, the days that are looked back on.
// Parameters: none. Rows: none.
CREATE INDEX conduct_day IF NOT EXISTS
FOR (n:Conduct) ON (n.day)
