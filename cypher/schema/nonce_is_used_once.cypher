// A principal uses a nonce once: an intent cannot be replayed.
// Parameters: none. Rows: none.
CREATE CONSTRAINT nonce_is_used_once IF NOT EXISTS
FOR (n:LogLine) REQUIRE (n.who, n.nonce) IS UNIQUE
