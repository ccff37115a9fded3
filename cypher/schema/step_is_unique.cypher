// A step is one placement's execution in one run.
// Parameters: none. Rows: none.
CREATE CONSTRAINT step_is_unique IF NOT EXISTS
FOR (n:Step) REQUIRE (n.run, n.name) IS UNIQUE
