package logos.guard;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class ChainRulesTest {
    private static final String SIGNATURE = "0".repeat(128);

    private static String text(String body, String ledger, long index, String prev, long at) {
        return ("{\"body\":%s,\"index\":%d,\"kind\":\"intent\",\"ledger\":\"%s\",\"policy_hash\":null,"
                        + "\"prev_hash\":\"%s\",\"recorded_at\":%d,\"trace_id\":\"t\",\"version\":1}")
                .formatted(body, index, ledger, prev, at);
    }

    private static LedgerEntry entry(long index, String prev, long at) {
        String text = text("{\"index\":9}", "main", index, prev, at);
        return new LedgerEntry(
                "main", index, EntryText.hash(text), prev, "intent", text, SIGNATURE, at);
    }

    private static LedgerHead at(LedgerEntry entry) {
        return new LedgerHead(entry.ledger(), entry.index(), entry.hash(), entry.recordedAt());
    }

    private static void refused(
            String message, LedgerHead before, List<LedgerEntry> entries, LedgerHead after) {
        Refusal refusal =
                assertThrows(Refusal.class, () -> ChainRules.check(before, entries, after));
        assertEquals("logos.guard: " + message, refusal.getMessage());
    }

    private final LedgerEntry genesis = entry(0, ChainRules.NO_HASH, 10);
    private final LedgerEntry second = entry(1, genesis.hash(), 11);
    private final LedgerEntry third = entry(2, second.hash(), 12);

    @Test
    void theHashIsBlake3OfTagZeroAndText() {
        // Made by another implementation (Python's blake3) over b"logos/entry-hash/v1\0{}".
        assertEquals(
                "b3:9874b79a231ff3e41cfa8412973ba58fb54fad60133a72e66b405ec080959915",
                EntryText.hash("{}"));
    }

    @Test
    void aChainBeginsAndGrowsByOneOrMany() {
        assertDoesNotThrow(() -> ChainRules.check(null, List.of(genesis), at(genesis)));
        assertDoesNotThrow(() -> ChainRules.check(at(genesis), List.of(second), at(second)));
        assertDoesNotThrow(() -> ChainRules.check(at(genesis), List.of(second, third), at(third)));
    }

    @Test
    void noDataWithoutAnEntryAndNoEntryWithoutTheHead() {
        refused(
                "chain: data changed without a new :LedgerEntry", at(genesis), List.of(), at(genesis));
        refused(
                "head: a new :LedgerEntry without moving the :LedgerHead", null, List.of(genesis), null);
        refused(
                "head: the head of 'main' is not entry 2",
                at(genesis),
                List.of(second, third),
                at(second));
    }

    @Test
    void gapsForksAndRewindsAreRefused() {
        refused("chain: entry 2 does not follow index 0", at(genesis), List.of(third), at(third));
        refused("chain: entry 1 does not follow index -1", null, List.of(second), at(second));
        LedgerEntry fork = entry(1, third.hash(), 11);
        refused(
                "chain: entry 1: prev_hash is not the hash before it",
                at(genesis),
                List.of(fork),
                at(fork));
        LedgerEntry early = entry(1, genesis.hash(), 10);
        refused(
                "chain: entry 1: recorded_at does not move forward",
                at(genesis),
                List.of(early),
                at(early));
    }

    @Test
    void anotherLedgersEntryIsRefused() {
        String text = text("{}", "other", 1, genesis.hash(), 11);
        LedgerEntry other =
                new LedgerEntry(
                        "other", 1, EntryText.hash(text), genesis.hash(), "intent", text, SIGNATURE, 11);
        refused(
                "chain: entry 1 is of ledger 'other', not 'main'",
                at(genesis),
                List.of(other),
                at(other));
    }

    @Test
    void textAndHashAndPropertiesBelongTogether() {
        LedgerEntry otherHash =
                new LedgerEntry(
                        "main", 1, genesis.hash(), genesis.hash(), "intent", second.text(), SIGNATURE, 11);
        refused(
                "chain: entry 1: hash is not the hash of its text",
                at(genesis),
                List.of(otherHash),
                at(otherHash));
        LedgerEntry otherKind =
                new LedgerEntry(
                        "main", 1, second.hash(), genesis.hash(), "ghost", second.text(), SIGNATURE, 11);
        refused(
                "chain: entry 1: its properties are not those of its text",
                at(genesis),
                List.of(otherKind),
                at(otherKind));
        LedgerEntry unsigned =
                new LedgerEntry(
                        "main", 1, second.hash(), genesis.hash(), "intent", second.text(), "00", 11);
        refused(
                "chain: entry 1: signature is not 128 lower-case hex digits",
                at(genesis),
                List.of(unsigned),
                at(unsigned));
    }

    @Test
    void aBodyCannotPassForTheEntrysOwnFields() {
        // The body repeats the whole tail, as a nested object and inside a string.
        String tail = text("{}", "main", 1, ChainRules.NO_HASH, 11).substring("{\"body\":{}".length());
        String nested = "{\"a\":1" + tail;
        String quoted = "\"" + tail.replace("\"", "\\\"") + "\"";
        for (String body : List.of(nested, quoted)) {
            String text = text(body, "main", 7, ChainRules.NO_HASH, 11);
            LedgerEntry claimed =
                    new LedgerEntry(
                            "main",
                            1,
                            EntryText.hash(text),
                            ChainRules.NO_HASH,
                            "intent",
                            text,
                            SIGNATURE,
                            11);
            assertFalse(EntryText.agrees(claimed));
        }
    }
}
