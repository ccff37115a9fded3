package logos.guard;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SealedRulesTest {
    private static final Set<String> NONE = Set.of();
    private static final Set<String> NODE = Set.of("Node", "Sediment");
    private static final Set<String> PENDING = Set.of("LogLine", "Pending");

    private static SealedRules.End old(String... labels) {
        return new SealedRules.End(Set.of(labels), NONE, false);
    }

    private static SealedRules.End created(String... labels) {
        return new SealedRules.End(Set.of(labels), NONE, true);
    }

    private static SealedRules.End ending() {
        return new SealedRules.End(PENDING, Set.of("Pending"), false);
    }

    private static void refused(String message, Runnable change) {
        Refusal refusal = assertThrows(Refusal.class, change::run);
        assertEquals("logos.guard: sealed: " + message, refusal.getMessage());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "LedgerEntry", "Node", "Module", "Type", "Port", "Flow", "Placement", "Policy", "Run",
                "Step", "Source", "LogLine", "Principal", "Verb", "Capability", "Grant", "Draft",
                "Governance"
            })
    void aSealedNodeKeepsItsPropertiesAndStays(String label) {
        Set<String> labels = Set.of(label);
        assertTrue(SealedRules.isSealed(labels));
        refused(
                "property 'id' of a :" + label + " may not change",
                () -> SealedRules.checkProperty(labels, "id", null, false));
        refused("a :" + label + " may not be deleted", () -> SealedRules.checkDeletion(labels));
    }

    @ParameterizedTest
    @ValueSource(strings = {"Name", "LedgerHead"})
    void whatIsNotSealedMayChange(String label) {
        Set<String> labels = Set.of(label);
        assertDoesNotThrow(() -> SealedRules.checkProperty(labels, "x", null, false));
        assertDoesNotThrow(() -> SealedRules.checkLabels(labels, Set.of("Other"), NONE));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "status", "decision", "policy_hash", "writer", "decided_index", "consequence",
                "commitment", "cause", "result", "ended_index", "claimed_index", "attempts", "attempt_index",
                "wake_at", "cancelled"
            })
    void whatBecomesOfAnIntentIsSaidWhileItIsPending(String key) {
        assertDoesNotThrow(() -> SealedRules.checkProperty(PENDING, key, null, false));
        String message = "property '" + key + "' of a :LogLine may not change";
        refused(message, () -> SealedRules.checkProperty(PENDING, key, null, true));
        refused(message, () -> SealedRules.checkProperty(Set.of("LogLine"), key, null, false));
        refused(
                "property '" + key + "' of a :Node may not change",
                () -> SealedRules.checkProperty(Set.of("Node", "Pending"), key, null, false));
        Set<String> two = Set.of("LogLine", "Run", "Pending");
        refused(message, () -> SealedRules.checkProperty(two, key, null, false));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "cid", "who", "did", "this", "nonce", "text", "signature", "when", "if_ok",
                "if_doubt", "if_not", "first_decision", "recorded_at", "ledger_index", "other"
            })
    void whatWasSignedNeverChanges(String key) {
        for (Set<String> labels : List.of(PENDING, Set.of("LogLine"))) {
            refused(
                    "property '" + key + "' of a :LogLine may not change",
                    () -> SealedRules.checkProperty(labels, key, null, false));
        }
    }

    @Test
    void aPendingLineEndsOnceAndIsNeverPendingAgain() {
        Set<String> pending = Set.of("Pending");
        assertDoesNotThrow(() -> SealedRules.checkLabels(PENDING, NONE, pending));
        String message = "a label of a :LogLine may not change";
        refused(message, () -> SealedRules.checkLabels(Set.of("LogLine"), pending, NONE));
        refused(message, () -> SealedRules.checkLabels(PENDING, Set.of("Other"), pending));
        refused(message, () -> SealedRules.checkLabels(PENDING, NONE, Set.of("LogLine")));
        refused(message, () -> SealedRules.checkLabels(PENDING, NONE, PENDING));
        refused("a :LogLine may not be deleted", () -> SealedRules.checkDeletion(PENDING));
    }

    @Test
    void sedimentBecomesBedrockAndNothingElseChangesItsLabels() {
        Set<String> sediment = Set.of("Sediment");
        Set<String> bedrock = Set.of("Bedrock");
        assertDoesNotThrow(() -> SealedRules.checkLabels(NODE, bedrock, sediment));
        assertDoesNotThrow(
                () -> SealedRules.checkLabels(Set.of("Flow", "Sediment"), bedrock, sediment));
        String message = "a label of a :Node may not change";
        refused(message, () -> SealedRules.checkLabels(Set.of("Node", "Bedrock"), sediment, bedrock));
        refused(message, () -> SealedRules.checkLabels(NODE, NONE, sediment));
        refused(message, () -> SealedRules.checkLabels(NODE, bedrock, NONE));
        refused(message, () -> SealedRules.checkLabels(NODE, NONE, Set.of("Node")));
        refused(
                "a label of a :Step may not change",
                () -> SealedRules.checkLabels(Set.of("Step", "Sediment"), bedrock, sediment));
    }

    @Test
    void nothingIsSealedAfterItsBirth() {
        refused(
                "label Node is given only to a node that is being created",
                () -> SealedRules.checkLabels(Set.of("Name"), Set.of("Node"), NONE));
        refused(
                "label LedgerHead is given only to a node that is being created",
                () -> SealedRules.checkLabels(NONE, Set.of("LedgerHead"), NONE));
    }

    @Test
    void whatMayLeaveASealedNodeThatWasThereBefore() {
        allowed("NEXT", old("LedgerEntry"), created("LedgerEntry"));
        allowed("HOLDS", old("Node"), created("Grant"));
        allowed("HOLDS", created("Node"), old("Grant"));
        allowed("OF", created("Grant"), old("Capability"));
        allowed("ENFORCES", old("Governance"), old("Policy"));
        allowed("ENFORCES", old("Governance"), created("Policy"));
        allowed("SUBMITTED", old("Principal"), created("LogLine", "Pending"));
        allowed("ANSWERED", old("Principal"), old("LogLine", "Pending"));
        allowed("CAUSED", ending(), created("Run"));
        allowed("CAUSED", created("LogLine"), created("Run"));
        allowed("CAUSED", ending(), created("Draft"));
        allowed("DRAFTED_AS", old("Node"), created("Draft"));
        allowed("DRAFTED_AS", created("Node"), old("Draft"));
        allowed("FORKED_FROM", created("Node"), old("Node"));
        allowed("DEPRECATES", ending(), old("Node"));
        allowed("PROMOTES", ending(), old("Node"));
        allowed("USES", created("Placement"), old("Node"));
        allowed("STARTS", created("Verb"), old("Flow"));
        allowed("STARTS", old("Verb"), old("Flow"));
        allowed("NAMES", old("Name"), old("Node"));
    }

    @Test
    void nothingElseLeavesASealedNodeThatWasThereBefore() {
        unallowed("NEXT", old("LedgerEntry"), old("LedgerEntry"));
        unallowed("RECORDS", old("LedgerEntry"), created("Node"));
        unallowed("HOLDS", old("Flow"), created("Grant"));
        unallowed("HOLDS", old("Node"), old("Grant"));
        unallowed("HOLDS", old("Node"), created("Capability"));
        unallowed("OF", old("Grant"), old("Capability"));
        unallowed("FEEDS", old("Placement"), created("Placement"));
        unallowed("ENFORCES", old("Governance"), old("Flow"));
        unallowed("STARTS", old("Verb"), old("Node"));
        unallowed("KNOWS", old("Capability"), old("Verb"));
        unallowed("SUBMITTED", old("Principal"), old("LogLine"));
        unallowed("ANSWERED", old("Principal"), old("Verb"));
        unallowed("KNOWS", old("Principal"), old("LogLine"));
        unallowed("CAUSED", old("LogLine", "Pending"), created("Run"));
        unallowed("CAUSED", old("LogLine"), created("Run"));
        unallowed("CAUSED", created("LogLine", "Pending"), created("Run"));
        unallowed("CAUSED", ending(), old("Run"));
        unallowed("CAUSED", ending(), old("Draft"));
        unallowed("CAUSED", ending(), created("Node"));
        unallowed("DRAFTED_AS", old("Node"), old("Draft"));
        unallowed("DRAFTED_AS", old("Draft"), created("Node"));
        unallowed("FORKED_FROM", old("Node"), old("Node"));
        for (String type : List.of("DEPRECATES", "PROMOTES")) {
            unallowed(type, old("LogLine", "Pending"), old("Node"));
            unallowed(type, old("LogLine"), old("Node"));
            unallowed(type, created("LogLine", "Pending"), old("Node"));
            unallowed(type, old("Principal"), old("Node"));
            unallowed(type, ending(), old("Flow"));
        }
        unallowed("OTHER", ending(), created("Run"));
    }

    private static void allowed(String type, SealedRules.End start, SealedRules.End end) {
        assertDoesNotThrow(() -> SealedRules.checkNewRelationship(type, start, end));
    }

    private static void unallowed(String type, SealedRules.End start, SealedRules.End end) {
        String label = start.labels().stream().filter(SealedRules.LABELS::contains).findFirst().get();
        refused(
                "no new relationship " + type + " may leave a :" + label,
                () -> SealedRules.checkNewRelationship(type, start, end));
    }

    @Test
    void onlyANameLetsGoOfASealedNode() {
        assertDoesNotThrow(
                () -> SealedRules.checkDeletedRelationship("NAMES", old("Name"), old("Node")));
        assertDoesNotThrow(
                () -> SealedRules.checkDeletedRelationship("KNOWS", old("Name"), old("Name")));
        assertDoesNotThrow(
                () -> SealedRules.checkDeletedRelationship("STARTS", old("Verb"), old("Flow")));
        assertDoesNotThrow(() -> SealedRules.checkBinding(1, 1));
        String binding = "a :Verb that STARTS a flow comes to start one other, and only that";
        refused(binding, () -> SealedRules.checkBinding(1, 0));
        refused(binding, () -> SealedRules.checkBinding(0, 1));
        refused(binding, () -> SealedRules.checkBinding(2, 1));
        refused(
                "relationship NAMES at a :Node may not be deleted",
                () -> SealedRules.checkDeletedRelationship("NAMES", old("Other"), old("Node")));
        refused(
                "relationship RECORDS at a :LedgerEntry may not be deleted",
                () -> SealedRules.checkDeletedRelationship("RECORDS", old("LedgerEntry"), old("Verb")));
    }

    @ParameterizedTest
    @CsvSource({
        "Grant,      revoked_index, false, false, true",
        "Grant,      revoked_index, true,  false, false",
        "Grant,      revoked_index, true,  true,  false",
        "Grant,      limits,        true,  false, false",
        "Grant,      other,         false, false, false",
        "Capability, revoked_index, false, false, false",
    })
    void aGrantIsRevokedOnce(
            String label, String key, boolean had, boolean removed, boolean allowed) {
        Set<String> labels = Set.of(label);
        Runnable change =
                () -> SealedRules.checkProperty(labels, key, had ? 3L : null, removed);
        if (allowed) {
            assertDoesNotThrow(change::run);
        } else {
            refused("property '" + key + "' of a :" + label + " may not change", change);
        }
    }

    @Test
    void aRelationshipAtASealedNodeKeepsItsProperties() {
        for (String type : List.of("HOLDS", "CARRIED")) {
            refused(
                    "property 'revoked_index' of relationship " + type + " at a :Node may not change",
                    () ->
                            SealedRules.checkRelationshipProperty(
                                    type, "revoked_index", old("Node"), old("Grant")));
        }
        assertDoesNotThrow(
                () ->
                        SealedRules.checkRelationshipProperty(
                                "KNOWS", "x", old("Name"), old("Name")));
    }
}
