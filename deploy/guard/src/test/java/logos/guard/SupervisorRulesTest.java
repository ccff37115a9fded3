package logos.guard;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.bouncycastle.math.ec.rfc8032.Ed25519;
import org.junit.jupiter.api.Test;

class SupervisorRulesTest {
    private static final String DIGITS =
            "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

    /** A key pair of the test's own; the first byte of the secret tells one from the other. */
    private record Pair(byte[] secret, String did) {
        static Pair of(int number) {
            byte[] secret = new byte[32];
            secret[0] = (byte) number;
            byte[] named = new byte[34];
            named[0] = (byte) 0xed;
            named[1] = 1;
            Ed25519.generatePublicKey(secret, 0, named, 2);
            StringBuilder text = new StringBuilder();
            BigInteger rest = new BigInteger(1, named);
            while (rest.signum() > 0) {
                BigInteger[] parts = rest.divideAndRemainder(BigInteger.valueOf(58));
                text.append(DIGITS.charAt(parts[1].intValue()));
                rest = parts[0];
            }
            return new Pair(secret, "did:key:z" + text.reverse());
        }

        String sign(String tag, String text) {
            byte[] message = (tag + "\0" + text).getBytes(StandardCharsets.UTF_8);
            byte[] signature = new byte[64];
            Ed25519.sign(secret, 0, message, 0, message.length, signature, 0);
            return HexFormat.of().formatHex(signature);
        }
    }

    private static final Pair OLD = Pair.of(1);
    private static final Pair NEW = Pair.of(2);
    private static final Pair STRANGER = Pair.of(3);

    private static LedgerEntry entry(long index, String kind, String body, Pair signer) {
        String text = "{\"body\":" + body + ",\"index\":" + index + "}";
        String signature = signer.sign("logos/entry-signature/v1", text);
        return new LedgerEntry("main", index, "", "", kind, text, signature, index);
    }

    private static LedgerEntry genesis(Pair named) {
        return entry(0, "genesis", "{\"supervisor\":\"" + named.did + "\"}", OLD);
    }

    private static String mutation(Pair before, Pair after) {
        String accepted =
                "{\"did\":\"" + after.did + "\",\"ledger\":\"main\",\"previous\":\"" + before.did
                        + "\"}";
        return "{\"did\":\"" + after.did + "\",\"kind\":\"supervisor\",\"previous\":\"" + before.did
                + "\",\"signature\":\"" + after.sign("logos/supervisor-key/v1", accepted) + "\"}";
    }

    private static LedgerEntry receipt(String mutations, Pair signer) {
        return entry(1, "receipt", "{\"mutations\":[" + mutations + "]}", signer);
    }

    private static void refused(String message, String before, String after, LedgerEntry... entries) {
        Refusal refusal =
                assertThrows(
                        Refusal.class,
                        () -> SupervisorRules.check(before, Arrays.asList(entries), after));
        assertEquals("logos.guard: " + message, refusal.getMessage());
    }

    @Test
    void theGenesisNamesTheFirstKey() {
        assertDoesNotThrow(() -> SupervisorRules.check(null, List.of(genesis(OLD)), OLD.did));
        refused(
                "signature: entry 0: the signature is not the registered supervisor's",
                null,
                NEW.did,
                genesis(NEW));
        refused(
                "supervisor: the head's supervisor is not the one that the entries name",
                null,
                NEW.did,
                genesis(OLD));
        refused(
                "supervisor: entry 0 does not name the supervisor's key",
                null,
                OLD.did,
                entry(0, "genesis", "{\"x\":{\"supervisor\":\"" + OLD.did + "\"}}", OLD));
        refused(
                "chain: entry 0, and no other one, is the genesis",
                null,
                OLD.did,
                entry(0, "intent", "{\"supervisor\":\"" + OLD.did + "\"}", OLD));
        refused(
                "chain: entry 0, and no other one, is the genesis",
                OLD.did,
                NEW.did,
                entry(1, "genesis", "{\"supervisor\":\"" + NEW.did + "\"}", OLD));
    }

    @Test
    void theKeyInForceSignsTheLastEntryAndEveryOneThatChangesIt() {
        LedgerEntry turn = receipt(mutation(OLD, NEW), OLD);
        LedgerEntry byNew = entry(2, "intent", "{}", NEW);
        LedgerEntry byOld = entry(2, "intent", "{}", OLD);
        assertDoesNotThrow(() -> SupervisorRules.check(OLD.did, List.of(turn), NEW.did));
        assertDoesNotThrow(() -> SupervisorRules.check(OLD.did, List.of(turn, byNew), NEW.did));
        refused(
                "signature: entry 2: the signature is not the registered supervisor's",
                OLD.did,
                NEW.did,
                turn,
                byOld);
        refused(
                "signature: entry 1: the signature is not the registered supervisor's",
                OLD.did,
                NEW.did,
                receipt(mutation(OLD, NEW), STRANGER),
                byNew);
        refused(
                "supervisor: the head's supervisor is not the one that the entries name",
                OLD.did,
                OLD.did,
                turn,
                byNew);
    }

    @Test
    void aChangeOfKeyIsWholeOrRefused() {
        String good = mutation(OLD, NEW);
        refused(
                "supervisor: entry 1 changes the key twice",
                OLD.did,
                NEW.did,
                receipt(good + "," + good, OLD));
        refused(
                "supervisor: entry 1: previous is not the key in force",
                OLD.did,
                NEW.did,
                receipt(mutation(STRANGER, NEW), OLD));
        refused(
                "supervisor: entry 1 names no new key",
                OLD.did,
                OLD.did,
                receipt(mutation(OLD, OLD), OLD));
        refused(
                "supervisor: entry 1: the new key has not signed that it accepts",
                OLD.did,
                STRANGER.did,
                receipt(good.replace(NEW.did, STRANGER.did), OLD));
        refused(
                "chain: entry 1: its text is no JSON",
                OLD.did,
                NEW.did,
                receipt(good + ",{\"kind\":\"x\",\"kind\":\"supervisor\"}", OLD));
    }

    @Test
    void onlyAMutationInTheBodyOfAReceiptIsOne() {
        String good = mutation(OLD, NEW);
        LedgerEntry intent = entry(1, "intent", "{\"mutations\":[" + good + "]}", OLD);
        LedgerEntry deeper =
                entry(1, "receipt", "{\"a\":{\"mutations\":[" + good + "]},\"mutations\":[[]]}", OLD);
        LedgerEntry beside =
                entry(1, "receipt", "{\"mutations\":[{\"kind\":\"a\",\"of\":[" + good + "]}]}", OLD);
        for (LedgerEntry entry : List.of(intent, deeper, beside)) {
            assertDoesNotThrow(() -> SupervisorRules.check(OLD.did, List.of(entry), OLD.did));
        }
    }

    @Test
    void aReceiptMayHoldWhateverCanonicalJsonDoes() {
        for (String odd : List.of("9".repeat(100_000), "{\"" + "n".repeat(100_000) + "\":null}")) {
            String mutation = "{\"kind\":\"x\",\"name\":\"supervisor\",\"value\":" + odd + "}";
            LedgerEntry entry = receipt(mutation, OLD);
            assertDoesNotThrow(() -> SupervisorRules.check(OLD.did, List.of(entry), OLD.did));
        }
    }
}
