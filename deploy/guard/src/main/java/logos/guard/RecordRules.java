package logos.guard;

import java.util.Set;

/** Whatever a transaction makes carries {@code ledger_index}: the index of one of its new entries. */
final class RecordRules {
    private RecordRules() {}

    /**
     * @param thing what was made, for the message
     * @param ledgerIndex its property, null when it has none
     * @param indexes the indexes of the transaction's new entries
     */
    static void checkCreated(String thing, Object ledgerIndex, Set<Long> indexes) {
        if (!isNew(ledgerIndex, indexes)) {
            throw new Refusal(
                    Rule.RECORD, thing + " has no ledger_index of an entry in its transaction");
        }
    }

    /**
     * A property of a thing that was there before: {@code ledger_index} and {@code revoked_index} may
     * only come to name a new entry.
     */
    static void checkChanged(String key, Object value, Set<Long> indexes) {
        boolean index = key.equals(Names.LEDGER_INDEX) || key.equals(Names.REVOKED_INDEX);
        if (index && !isNew(value, indexes)) {
            throw new Refusal(Rule.RECORD, key + " may only name an entry in its transaction");
        }
    }

    private static boolean isNew(Object value, Set<Long> indexes) {
        return value instanceof Long index && indexes.contains(index);
    }
}
