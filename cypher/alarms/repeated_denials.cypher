// RepeatedDenials: acts of one principal that were denied, within a window.
// Parameters: who (DID); since (ns since the epoch: after then); after (index: of entries after it); threshold.
// Rows: count, intents (list of cids, in the ledger's order); none if there are fewer than threshold.
MATCH (line:LogLine {who: $who})
WHERE line.ghost_at > $since AND line.ended_index > $after
  AND (line.cause CONTAINS '"type":"InvalidVerb"' OR line.cause CONTAINS '"type":"PolicyDeny"'
    AND NOT line.cause CONTAINS '"reason":"RateLimitExceeded"' AND NOT line.cause CONTAINS '"reason":"CircuitBreakerOpen"')
WITH line ORDER BY line.ended_index DESC LIMIT 64
WITH line ORDER BY line.ended_index
WITH count(*) AS count, collect(line.cid) AS intents
WHERE count >= $threshold
RETURN count, intents
