// How many runs of some flows, recorded since then, are no forks.
// Parameters: flows (list of ids); since (recorded_at). Rows: flow, runs.
MATCH (run:Run)
WHERE run.flow IN $flows AND run.recorded_at >= $since AND run.forked_from IS NULL
RETURN run.flow AS flow, count(*) AS runs
ORDER BY flow
