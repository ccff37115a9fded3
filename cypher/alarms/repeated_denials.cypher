// RepeatedDenials: acts of one principal that were denied, within a window.
// Of its 64 youngest ghosts that count for a pattern, which is what an auditor remembers of it.
// Parameters: who (DID); since (ns since the epoch: after then); after (index: of entries after it); threshold.
// Rows: count, intents (list of cids, in the ledger's order); none if there are fewer than threshold.
MATCH (line:LogLine {who: $who})
WHERE line.ghost_at > $since AND line.ended_index > $after
  AND NOT (line.cause CONTAINS '"type":"PolicyDeny"'
    AND (line.cause CONTAINS '"reason":"RateLimitExceeded"' OR line.cause CONTAINS '"reason":"CircuitBreakerOpen"'))
WITH line ORDER BY line.ended_index DESC LIMIT 64
WITH line
WHERE line.cause CONTAINS '"type":"InvalidVerb"' OR line.cause CONTAINS '"type":"PolicyDeny"'
WITH line ORDER BY line.ended_index
WITH count(*) AS count, collect(line.cid) AS intents
WHERE count >= $threshold
RETURN count, intents
