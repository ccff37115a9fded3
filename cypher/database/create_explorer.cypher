// Creates the read-only user of Browser, on the database `system`.
// Parameters: username, password. Rows: none.
CREATE USER $username IF NOT EXISTS SET PASSWORD $password SET PASSWORD CHANGE NOT REQUIRED
