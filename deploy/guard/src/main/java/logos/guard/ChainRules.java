package logos.guard;

import java.util.List;
import java.util.regex.Pattern;

/**
 * No mutation without new entries, and entries only ever extend the chain.
 *
 * <ol>
 *   <li>There is at least one new entry, all of one ledger.
 *   <li>Their indexes follow the head's without a gap; the first of all is 0.
 *   <li>Each one's prev_hash is the hash before it; the first of all has {@link #NO_HASH}.
 *   <li>Each one's hash is the hash of its text, and its properties say what its text says.
 *   <li>Time moves forward.
 *   <li>The head ends at the last of them.
 * </ol>
 *
 * <p>Of signatures only the form is looked at here; {@link SupervisorRules} says whose they must be.
 */
final class ChainRules {
    /** The prev_hash of a ledger's first entry. */
    static final String NO_HASH = "b3:" + "0".repeat(64);

    private static final Pattern SIGNATURE = Pattern.compile("[0-9a-f]{128}");

    private ChainRules() {}

    /**
     * @param before the committed head, null when the ledger begins with this transaction
     * @param entries the transaction's new entries, in the order of their indexes
     * @param after the head as this transaction leaves it, null when it does not touch one
     */
    static void check(LedgerHead before, List<LedgerEntry> entries, LedgerHead after) {
        if (entries.isEmpty()) {
            throw new Refusal(Rule.CHAIN, "data changed without a new :LedgerEntry");
        }
        if (after == null) {
            throw new Refusal(Rule.HEAD, "a new :LedgerEntry without moving the :LedgerHead");
        }
        LedgerHead head =
                before != null ? before : new LedgerHead(after.ledger(), -1, NO_HASH, -1);
        for (LedgerEntry entry : entries) {
            head = extend(head, entry);
        }
        if (!head.equals(after)) {
            throw new Refusal(
                    Rule.HEAD, "the head of '" + head.ledger() + "' is not entry " + head.index());
        }
    }

    private static LedgerHead extend(LedgerHead head, LedgerEntry entry) {
        String name = "entry " + entry.index();
        if (!entry.ledger().equals(head.ledger())) {
            throw refusal(name + " is of ledger '" + entry.ledger() + "', not '" + head.ledger() + "'");
        }
        if (entry.index() != head.index() + 1) {
            throw refusal(name + " does not follow index " + head.index());
        }
        if (!entry.prevHash().equals(head.hash())) {
            throw refusal(name + ": prev_hash is not the hash before it");
        }
        if (!entry.hash().equals(EntryText.hash(entry.text()))) {
            throw refusal(name + ": hash is not the hash of its text");
        }
        if (!EntryText.agrees(entry)) {
            throw refusal(name + ": its properties are not those of its text");
        }
        if (!SIGNATURE.matcher(entry.signature()).matches()) {
            throw refusal(name + ": signature is not 128 lower-case hex digits");
        }
        if (entry.recordedAt() <= head.recordedAt()) {
            throw refusal(name + ": recorded_at does not move forward");
        }
        return new LedgerHead(entry.ledger(), entry.index(), entry.hash(), entry.recordedAt());
    }

    private static Refusal refusal(String message) {
        return new Refusal(Rule.CHAIN, message);
    }
}
