// A port has exactly one type.
// Parameters: none. Rows: those that break it.
MATCH (port:Port)
WITH port, COUNT { (port)-[:OF_TYPE]->(:Type) } AS types
WHERE types <> 1
RETURN port.node AS node, port.direction AS direction, port.name AS name, types
