// What principals' acts came to, by principal and UTC day, the older days first.
// Parameters: since (YYYY-MM-DD, the first day).
// Rows: conduct (map id, who, day, begun_index, ledger_index; of each kind of end, where there is one,
//   a list of six numbers, L0 first; amounts: by hour of the day, where there are any).
MATCH (conduct:Conduct)
WHERE conduct.day >= $since
RETURN properties(conduct) AS conduct
ORDER BY conduct.day
