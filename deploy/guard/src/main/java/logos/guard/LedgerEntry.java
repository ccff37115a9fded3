package logos.guard;

/**
 * A new ledger entry as its node holds it.
 *
 * @param text the canonical text that the hash and the supervisor's signature are over
 * @param recordedAt nanoseconds since the epoch
 */
record LedgerEntry(
        String ledger,
        long index,
        String hash,
        String prevHash,
        String kind,
        String text,
        String signature,
        long recordedAt) {}
