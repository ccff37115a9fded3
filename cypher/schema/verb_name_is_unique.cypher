// A verb is registered once.
// Parameters: none. Rows: none.
CREATE CONSTRAINT verb_name_is_unique IF NOT EXISTS
FOR (n:Verb) REQUIRE (n.name) IS UNIQUE
