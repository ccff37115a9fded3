// A node's binary.
// Parameters: id. Rows: bytes.
MATCH (module:Module {id: $id})
RETURN module.bytes AS bytes
