package logos.guard;

import java.util.Set;

/** Whatever a transaction makes carries {@code ledger_index}: the index of one of its new entries. */
final class RecordRules {
    /** Labels of what is kept and changes, each time by an entry that says so. */
    private static final Set<String> MOVING =
            Set.of(
                    Names.STORED_VALUE,
                    Names.RUN_LIMIT,
                    Names.ESCALATION,
                    Names.ALARM,
                    Names.CONDUCT,
                    Names.DELEGATION,
                    Names.RATE);

    private RecordRules() {}

    /** Whether a node with these labels changes, and says by which entry it did. */
    static boolean moves(Set<String> labels) {
        return labels.stream().anyMatch(MOVING::contains);
    }

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

    /**
     * A stored value, a limit of runs, a rate, an escalation, an alarm, a delegation or a day of conduct that was
     * there before and that this transaction changes: it comes to name the entry that changes it. Such a node is never deleted,
     * and its label neither given nor taken.
     */
    static void checkStored(Object ledgerIndex, Set<Long> indexes) {
        if (!isNew(ledgerIndex, indexes)) {
            throw new Refusal(
                    Rule.RECORD, "what moves changes only with its ledger_index, to a new entry");
        }
    }

    private static boolean isNew(Object value, Set<Long> indexes) {
        return value instanceof Long index && indexes.contains(index);
    }
}
