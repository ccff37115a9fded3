package logos.guard;

import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Entries are the registered supervisor's, and only entries register another one.
 *
 * <ol>
 *   <li>The first entry is of kind genesis, no other one is, and its text names the first key.
 *   <li>The key changes by a receipt whose text has one mutation of kind supervisor, which names the
 *       key in force; that key signed the receipt, and the new one its acceptance inside of it.
 *   <li>The last entry is signed by the key in force at its index: the chain covers those before it.
 *   <li>The head's supervisor is the key in force after the last entry.
 * </ol>
 */
final class SupervisorRules {
    private static final byte[] ENTRY = tag("logos/entry-signature/v1");
    private static final byte[] ACCEPTANCE = tag("logos/supervisor-key/v1");
    private static final String GENESIS = "genesis";
    private static final String RECEIPT = "receipt";

    private SupervisorRules() {}

    private static byte[] tag(String purpose) {
        return (purpose + "\0").getBytes(StandardCharsets.US_ASCII);
    }

    /**
     * @param before the committed head's supervisor, null when the ledger begins here
     * @param entries the transaction's new entries, at least one, whose chain was checked
     * @param after the head's supervisor as this transaction leaves it
     */
    static void check(String before, List<LedgerEntry> entries, String after) {
        LedgerEntry last = entries.get(entries.size() - 1);
        String supervisor = before;
        for (LedgerEntry entry : entries) {
            if (entry.kind().equals(GENESIS) != (entry.index() == 0)) {
                throw new Refusal(Rule.CHAIN, "entry 0, and no other one, is the genesis");
            }
            if (entry.index() == 0) {
                supervisor = founded(entry);
            }
            String next = entry.kind().equals(RECEIPT) ? rotated(entry, supervisor) : supervisor;
            if (entry == last || !next.equals(supervisor)) {
                checkSignature(entry, supervisor);
            }
            supervisor = next;
        }
        if (!supervisor.equals(after)) {
            throw new Refusal(
                    Rule.SUPERVISOR, "the head's supervisor is not the one that the entries name");
        }
    }

    private static String founded(LedgerEntry genesis) {
        String named = EntryBody.supervisor(genesis);
        if (named == null || SupervisorKey.of(named).isEmpty()) {
            throw new Refusal(Rule.SUPERVISOR, "entry 0 does not name the supervisor's key");
        }
        return named;
    }

    /** The supervisor after a receipt. */
    private static String rotated(LedgerEntry receipt, String supervisor) {
        List<EntryBody.Rotation> rotations = EntryBody.rotations(receipt);
        if (rotations.isEmpty()) {
            return supervisor;
        }
        String name = "entry " + receipt.index();
        if (rotations.size() > 1) {
            throw refusal(name + " changes the key twice");
        }
        EntryBody.Rotation rotation = rotations.get(0);
        if (!supervisor.equals(rotation.previous())) {
            throw refusal(name + ": previous is not the key in force");
        }
        if (rotation.did() == null || rotation.did().equals(supervisor)) {
            throw refusal(name + " names no new key");
        }
        // Canonical JSON: these texts are two DIDs and the ledger as its text spells it.
        String accepted =
                "{\"did\":\"%s\",\"ledger\":\"%s\",\"previous\":\"%s\"}"
                        .formatted(rotation.did(), receipt.ledger(), supervisor);
        boolean signed =
                rotation.signature() != null
                        && SupervisorKey.of(rotation.did())
                                .filter(key -> key.signed(ACCEPTANCE, accepted, rotation.signature()))
                                .isPresent();
        if (!signed) {
            throw refusal(name + ": the new key has not signed that it accepts");
        }
        return rotation.did();
    }

    private static void checkSignature(LedgerEntry entry, String supervisor) {
        if (SupervisorKey.of(supervisor)
                .filter(key -> key.signed(ENTRY, entry.text(), entry.signature()))
                .isEmpty()) {
            throw new Refusal(
                    Rule.SIGNATURE,
                    "entry " + entry.index() + ": the signature is not the registered supervisor's");
        }
    }

    private static Refusal refusal(String message) {
        return new Refusal(Rule.SUPERVISOR, message);
    }
}
