// A stored value is known by its namespace and key.
// Parameters: none. Rows: none.
CREATE CONSTRAINT stored_value_id_is_unique IF NOT EXISTS
FOR (stored:StoredValue) REQUIRE stored.id IS UNIQUE
