package logos.guard;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SealedRulesTest {
    private static final Set<String> NONE = Set.of();
    private static final Set<String> NODE = Set.of("Node", "Sediment");

    private static SealedRules.End old(String... labels) {
        return new SealedRules.End(Set.of(labels), false);
    }

    private static SealedRules.End created(String... labels) {
        return new SealedRules.End(Set.of(labels), true);
    }

    private static void refused(String message, Runnable change) {
        Refusal refusal = assertThrows(Refusal.class, change::run);
        assertEquals("logos.guard: sealed: " + message, refusal.getMessage());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "LedgerEntry", "Node", "Module", "Type", "Port", "Flow", "Placement", "Policy", "Run",
                "Step", "Source"
            })
    void aSealedNodeKeepsItsPropertiesAndStays(String label) {
        Set<String> labels = Set.of(label);
        assertTrue(SealedRules.isSealed(labels));
        refused(
                "property 'id' of a :" + label + " may not change",
                () -> SealedRules.checkProperty(labels, "id"));
        refused("a :" + label + " may not be deleted", () -> SealedRules.checkDeletion(labels));
    }

    @ParameterizedTest
    @ValueSource(strings = {"LogLine", "Name", "Principal", "LedgerHead", "Capability", "Verb"})
    void whatIsNotSealedMayChange(String label) {
        Set<String> labels = Set.of(label);
        assertDoesNotThrow(() -> SealedRules.checkProperty(labels, "x"));
        assertDoesNotThrow(() -> SealedRules.checkLabels(labels, Set.of("Pending"), NONE));
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
    void onlyNextAndMayUseLeaveASealedNodeThatWasThereBefore() {
        assertDoesNotThrow(
                () ->
                        SealedRules.checkNewRelationship(
                                "NEXT", old("LedgerEntry"), created("LedgerEntry")));
        assertDoesNotThrow(
                () -> SealedRules.checkNewRelationship("MAY_USE", old("Node"), old("Capability")));
        assertDoesNotThrow(
                () -> SealedRules.checkNewRelationship("USES", created("Placement"), old("Node")));
        assertDoesNotThrow(
                () -> SealedRules.checkNewRelationship("NAMES", old("Name"), old("Node")));
        refused(
                "no new relationship NEXT may leave a :LedgerEntry",
                () -> SealedRules.checkNewRelationship("NEXT", old("LedgerEntry"), old("LedgerEntry")));
        refused(
                "no new relationship RECORDS may leave a :LedgerEntry",
                () -> SealedRules.checkNewRelationship("RECORDS", old("LedgerEntry"), created("Node")));
        refused(
                "no new relationship MAY_USE may leave a :Flow",
                () -> SealedRules.checkNewRelationship("MAY_USE", old("Flow"), old("Capability")));
        refused(
                "no new relationship FEEDS may leave a :Placement",
                () ->
                        SealedRules.checkNewRelationship(
                                "FEEDS", old("Placement"), created("Placement")));
    }

    @Test
    void onlyANameLetsGoOfASealedNode() {
        assertDoesNotThrow(
                () -> SealedRules.checkDeletedRelationship("NAMES", old("Name"), old("Node")));
        assertDoesNotThrow(
                () -> SealedRules.checkDeletedRelationship("KNOWS", old("Principal"), old("Verb")));
        refused(
                "relationship NAMES at a :Node may not be deleted",
                () -> SealedRules.checkDeletedRelationship("NAMES", old("Other"), old("Node")));
        refused(
                "relationship RECORDS at a :LedgerEntry may not be deleted",
                () -> SealedRules.checkDeletedRelationship("RECORDS", old("LedgerEntry"), old("Verb")));
    }

    @ParameterizedTest
    @CsvSource({
        "MAY_USE, revoked_index, false, false, true",
        "MAY_USE, revoked_index, true,  false, false",
        "MAY_USE, revoked_index, true,  true,  false",
        "MAY_USE, grant,         true,  false, false",
        "CARRIED, revoked_index, false, false, false",
    })
    void aGrantIsRevokedOnce(
            String type, String key, boolean had, boolean removed, boolean allowed) {
        Runnable change =
                () ->
                        SealedRules.checkRelationshipProperty(
                                type, key, had ? 3L : null, removed, old("Node"), old("Capability"));
        if (allowed) {
            assertDoesNotThrow(change::run);
        } else {
            assertThrows(Refusal.class, change::run);
        }
    }
}
