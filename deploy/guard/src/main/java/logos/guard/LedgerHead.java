package logos.guard;

/** Where a ledger ends: its last entry's index, hash and time (nanoseconds since the epoch). */
record LedgerHead(String ledger, long index, String hash, long recordedAt) {}
