// An intent is recorded once.
// Parameters: none. Rows: none.
CREATE CONSTRAINT logline_cid_is_unique IF NOT EXISTS
FOR (n:LogLine) REQUIRE (n.cid) IS UNIQUE
