package logos.guard;

import java.util.Set;

/**
 * What is sealed: things whose identity is their content, and the record of what happened.
 *
 * <p>The whole table:
 *
 * <pre>
 *   a sealed node that was there before          refused, except
 *     property set or removed                    -
 *     label added or removed                     Sediment becomes Bedrock, on a Node or Flow
 *     deleted                                    -
 *     new outgoing relationship                  NEXT from an entry to a new entry; MAY_USE
 *     relationship deleted (either end)          NAMES from a Name
 *     relationship's property (either end)       MAY_USE.revoked_index, once
 *   a node that was there before
 *     sealed label added                         -
 * </pre>
 */
final class SealedRules {
    /** Labels whose nodes never change once their transaction has committed. */
    static final Set<String> LABELS =
            Set.of(
                    Names.LEDGER_ENTRY,
                    "Node",
                    "Module",
                    "Type",
                    "Port",
                    "Flow",
                    "Placement",
                    "Policy",
                    "Run",
                    "Step",
                    "Source");

    private SealedRules() {}

    /** One end of a relationship: its labels, and whether this transaction created the node. */
    record End(Set<String> labels, boolean created) {
        /** Whether the node was there before, under a sealed label. */
        boolean sealed() {
            return !created && isSealed(labels);
        }
    }

    static boolean isSealed(Set<String> labels) {
        return labels.stream().anyMatch(LABELS::contains);
    }

    /**
     * Label changes of a node that was there before and still is.
     *
     * @param before the labels it had; {@code added} and {@code removed} are this transaction's changes
     */
    static void checkLabels(Set<String> before, Set<String> added, Set<String> removed) {
        for (String label : added) {
            if (LABELS.contains(label) || label.equals(Names.LEDGER_HEAD)) {
                throw refusal("label " + label + " is given only to a node that is being created");
            }
        }
        if (isSealed(before) && !isPromotion(before, added, removed)) {
            throw refusal("a label of " + describe(before) + " may not change");
        }
    }

    private static boolean isPromotion(Set<String> before, Set<String> added, Set<String> removed) {
        return (before.contains("Node") || before.contains("Flow"))
                && added.equals(Set.of("Bedrock"))
                && removed.equals(Set.of("Sediment"));
    }

    /** Deletion of a node that had these labels. */
    static void checkDeletion(Set<String> before) {
        if (isSealed(before)) {
            throw refusal(describe(before) + " may not be deleted");
        }
    }

    /** A property set on, or removed from, a node that was there before. */
    static void checkProperty(Set<String> before, String key) {
        if (isSealed(before)) {
            throw refusal("property '" + key + "' of " + describe(before) + " may not change");
        }
    }

    static void checkNewRelationship(String type, End start, End end) {
        if (!start.sealed() || type.equals(Names.MAY_USE) && start.labels().contains("Node")) {
            return;
        }
        boolean nextEntry =
                type.equals(Names.NEXT)
                        && start.labels().contains(Names.LEDGER_ENTRY)
                        && end.created()
                        && end.labels().contains(Names.LEDGER_ENTRY);
        if (!nextEntry) {
            throw refusal(
                    "no new relationship " + type + " may leave " + describe(start.labels()));
        }
    }

    static void checkDeletedRelationship(String type, End start, End end) {
        boolean movingName = type.equals(Names.NAMES) && start.labels().contains("Name");
        if ((start.sealed() || end.sealed()) && !movingName) {
            throw refusal("relationship " + type + ends(start, end) + " may not be deleted");
        }
    }

    /**
     * A property set on, or removed from, a relationship that was there before.
     *
     * @param before its committed value, null when it had none
     * @param removed whether the property is removed
     */
    static void checkRelationshipProperty(
            String type, String key, Object before, boolean removed, End start, End end) {
        boolean revocation =
                type.equals(Names.MAY_USE)
                        && key.equals(Names.REVOKED_INDEX)
                        && before == null
                        && !removed;
        if ((start.sealed() || end.sealed()) && !revocation) {
            throw refusal(
                    "property '" + key + "' of relationship " + type + ends(start, end)
                            + " may not change");
        }
    }

    private static Refusal refusal(String message) {
        return new Refusal(Rule.SEALED, message);
    }

    private static String describe(Set<String> labels) {
        return "a :" + labels.stream().filter(LABELS::contains).sorted().findFirst().orElse("thing");
    }

    private static String ends(End start, End end) {
        return " at " + describe(start.sealed() ? start.labels() : end.labels());
    }
}
