package logos.guard;

import java.util.Set;

/**
 * What is sealed: things whose identity is their content, who may act and how, and the record of
 * what happened.
 *
 * <p>The whole table:
 *
 * <pre>
 *   a sealed node that was there before          refused, except
 *     property set or removed                    {@link #PROGRESS} set on a pending LogLine,
 *                                                revoked_index set on a Grant, once
 *     label added or removed                     Sediment becomes Bedrock, on a Node or Flow;
 *                                                Pending leaves a LogLine, which ends by that
 *     deleted                                    -
 *     new outgoing relationship                  NEXT from an entry to a new entry,
 *                                                HOLDS from a Node to a new Grant,
 *                                                ENFORCES from the Governance to a Policy,
 *                                                SUBMITTED from a Principal to a new LogLine,
 *                                                ANSWERED from a Principal to a LogLine,
 *                                                STARTS from a Verb to a Flow, which
 *                                                takes the place of another,
 *                                                DRAFTED_AS from a Node to a new Draft,
 *                                                CAUSED from a LogLine that ends to a new Run or
 *                                                Draft, DEPRECATES and PROMOTES from one to a Node
 *     relationship deleted (either end)          NAMES from a Name, STARTS likewise
 *     relationship's property (either end)       -
 *   a node that was there before
 *     sealed label added                         -
 * </pre>
 */
final class SealedRules {
    /** Labels whose nodes never change once their transaction has committed. */
    static final Set<String> LABELS =
            Set.of(
                    Names.LEDGER_ENTRY,
                    Names.LOG_LINE,
                    "Node",
                    "Module",
                    "Type",
                    "Port",
                    "Flow",
                    "Placement",
                    "Policy",
                    "Run",
                    "Step",
                    "Source",
                    "Principal",
                    "PrincipalKey",
                    "Revocation",
                    "Supervisor",
                    "Verb",
                    "Capability",
                    Names.GRANT,
                    Names.DRAFT,
                    "Governance");

    /** What an intent's LogLine comes to say while it is on its way; the rest of it is signed. */
    static final Set<String> PROGRESS =
            Set.of(
                    "status",
                    "decision",
                    "policy_hash",
                    "writer",
                    "decided_index",
                    "claimed_index",
                    "attempts",
                    "attempt_index",
                    "wake_at",
                    "cancelled",
                    "consequence",
                    "commitment",
                    "cause",
                    "result",
                    "ended_index",
                    "ghost_at",
                    "amount");

    /** What only an intent that ends comes to have. */
    private static final Set<String> CONSEQUENCES =
            Set.of(Names.CAUSED, Names.DEPRECATES, Names.PROMOTES);

    private static final Set<String> PENDING_LINE = Set.of(Names.LOG_LINE, Names.PENDING);

    private SealedRules() {}

    /**
     * One end of a relationship.
     *
     * @param labels what it had before, or got when it was created
     * @param removed what this transaction takes from those
     * @param created whether this transaction created it
     */
    record End(Set<String> labels, Set<String> removed, boolean created) {
        /** Whether the node was there before, under a sealed label. */
        boolean sealed() {
            return !created && isSealed(labels);
        }

        boolean is(String label) {
            return labels.contains(label);
        }

        boolean isNew(String label) {
            return created && is(label);
        }

        /** Whether it is an intent's LogLine that ends in this transaction. */
        boolean ends() {
            return created
                    ? is(Names.LOG_LINE) && !is(Names.PENDING)
                    : isEnding(labels, Set.of(), removed);
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
        if (isSealed(before)
                && !isPromotion(before, added, removed)
                && !isEnding(before, added, removed)) {
            throw refusal("a label of " + describe(before) + " may not change");
        }
    }

    private static boolean isPromotion(Set<String> before, Set<String> added, Set<String> removed) {
        return (before.contains("Node") || before.contains("Flow"))
                && added.equals(Set.of("Bedrock"))
                && removed.equals(Set.of("Sediment"));
    }

    private static boolean isEnding(
            Set<String> before, Set<String> added, Set<String> removed) {
        return before.equals(PENDING_LINE)
                && added.isEmpty()
                && removed.equals(Set.of(Names.PENDING));
    }

    /** Deletion of a node that had these labels. */
    static void checkDeletion(Set<String> before) {
        if (isSealed(before)) {
            throw refusal(describe(before) + " may not be deleted");
        }
    }

    /**
     * A property set on, or removed from, a node that was there before.
     *
     * @param before the labels it had
     * @param committed the property's committed value, null when it had none
     * @param removed whether the property is removed
     */
    static void checkProperty(Set<String> before, String key, Object committed, boolean removed) {
        boolean progress = before.equals(PENDING_LINE) && PROGRESS.contains(key);
        boolean revocation =
                before.equals(Set.of(Names.GRANT))
                        && key.equals(Names.REVOKED_INDEX)
                        && committed == null;
        if (isSealed(before) && (removed || !(progress || revocation))) {
            throw refusal("property '" + key + "' of " + describe(before) + " may not change");
        }
    }

    static void checkNewRelationship(String type, End start, End end) {
        // What an intent caused is known when it ends: a line that only begins has caused nothing.
        boolean bound = start.sealed() || CONSEQUENCES.contains(type);
        if (bound && !mayLeave(type, start, end)) {
            throw refusal(
                    "no new relationship " + type + " may leave " + describe(start.labels()));
        }
    }

    private static boolean mayLeave(String type, End start, End end) {
        return switch (type) {
            case Names.NEXT -> start.is(Names.LEDGER_ENTRY) && end.isNew(Names.LEDGER_ENTRY);
            case Names.HOLDS -> start.is("Node") && end.isNew(Names.GRANT);
            case Names.ENFORCES -> start.is("Governance") && end.is("Policy");
            case Names.SUBMITTED -> start.is("Principal") && end.isNew(Names.LOG_LINE);
            case Names.ANSWERED -> start.is("Principal") && end.is(Names.LOG_LINE);
            case Names.STARTS -> start.is("Verb") && end.is("Flow");
            case Names.DRAFTED_AS -> start.is("Node") && end.isNew(Names.DRAFT);
            case Names.CAUSED -> start.ends() && (end.isNew("Run") || end.isNew(Names.DRAFT));
            case Names.DEPRECATES, Names.PROMOTES -> start.ends() && end.is("Node");
            default -> false;
        };
    }

    static void checkDeletedRelationship(String type, End start, End end) {
        boolean moving =
                type.equals(Names.NAMES) && start.is("Name")
                        || type.equals(Names.STARTS) && start.is("Verb") && end.is("Flow");
        if ((start.sealed() || end.sealed()) && !moving) {
            throw refusal("relationship " + type + ends(start, end) + " may not be deleted");
        }
    }

    /** What a transaction does to the STARTS of one verb that was there before: another flow, or nothing. */
    static void checkBinding(int begun, int ended) {
        if (begun != 1 || ended != 1) {
            throw refusal("a :Verb that STARTS a flow comes to start one other, and only that");
        }
    }

    /** A property set on, or removed from, a relationship that was there before. */
    static void checkRelationshipProperty(String type, String key, End start, End end) {
        if (start.sealed() || end.sealed()) {
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
