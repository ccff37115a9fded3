// A principal is one DID.
// Parameters: none. Rows: none.
CREATE CONSTRAINT principal_did_is_unique IF NOT EXISTS
FOR (n:Principal) REQUIRE (n.did) IS UNIQUE
