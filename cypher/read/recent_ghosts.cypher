// The youngest ghosts of each principal, after a moment.
// Parameters: since (ns since the epoch: after then), limit (of each principal).
// Rows: who (DID), cid, index (of the ghost's entry), at (ns), cause (JSON text), amount; in the ledger's order.
MATCH (who:Principal)
CALL (who) {
  MATCH (line:LogLine {who: who.did})
  WHERE line.ghost_at > $since
    AND NOT (line.cause CONTAINS '"type":"PolicyDeny"'
      AND (line.cause CONTAINS '"reason":"RateLimitExceeded"' OR line.cause CONTAINS '"reason":"CircuitBreakerOpen"'))
  RETURN line ORDER BY line.ghost_at DESC LIMIT $limit
}
RETURN who.did AS who, line.cid AS cid, line.ended_index AS index, line.ghost_at AS at, line.cause AS cause,
  line.amount AS amount
ORDER BY index
