// A run is of the flow that was recorded with its intent; intents of earlier versions tell none.
// Parameters: none. Rows: those that break it.
MATCH (line:LogLine)-[:CAUSED]->(run:Run)
WHERE line.flow IS NOT NULL AND line.flow <> run.flow AND run.forked_from IS NULL
RETURN line.cid AS cid, line.flow AS flow, run.id AS run, run.flow AS ran
