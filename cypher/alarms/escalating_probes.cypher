// EscalatingProbes: the last denied acts of one principal that have an amount rise, each above the one before.
// Of its 64 youngest ghosts that count for a pattern, which is what an auditor remembers of it.
// Parameters: who (DID); since (ns since the epoch: after then); after (index: of entries after it); threshold (how
//   many are the last ones).
// Rows: count, intents (list of cids, in the ledger's order); none if there are fewer, or they do not rise.
MATCH (line:LogLine {who: $who})
WHERE line.ghost_at > $since AND line.ended_index > $after
  AND NOT (line.cause CONTAINS '"type":"PolicyDeny"'
    AND (line.cause CONTAINS '"reason":"RateLimitExceeded"' OR line.cause CONTAINS '"reason":"CircuitBreakerOpen"'))
WITH line ORDER BY line.ended_index DESC LIMIT 64
WITH line
WHERE line.amount IS NOT NULL
  AND (line.cause CONTAINS '"type":"InvalidVerb"' OR line.cause CONTAINS '"type":"PolicyDeny"')
WITH line ORDER BY line.ended_index DESC LIMIT $threshold
WITH line ORDER BY line.ended_index
WITH count(*) AS count, collect(line.cid) AS intents, collect(line.amount) AS amounts
WHERE count >= $threshold AND all(place IN range(1, count - 1) WHERE amounts[place] > amounts[place - 1])
RETURN count, intents
