// How much there is of each kind.
// Parameters: none. Rows: principals, verbs, nodes, flows, runs, intents, pending.
RETURN COUNT { (:Principal) } AS principals, COUNT { (:Verb) } AS verbs, COUNT { (:Node) } AS nodes,
  COUNT { (:Flow) } AS flows, COUNT { (:Run) } AS runs, COUNT { (:LogLine) } AS intents,
  COUNT { (:LogLine:Pending) } AS pending
