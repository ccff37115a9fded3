// What travelled in runs, by the content id of the value.
// Parameters: none. Rows: none.
CREATE INDEX carried_cid IF NOT EXISTS
FOR ()-[r:CARRIED]-() ON (r.cid)
