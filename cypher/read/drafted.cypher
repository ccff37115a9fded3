// Whether a draft was built to this module.
// Parameters: node (id). Rows: drafted.
RETURN EXISTS { (:Draft {node: $node}) } AS drafted
