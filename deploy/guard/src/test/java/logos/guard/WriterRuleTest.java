package logos.guard;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class WriterRuleTest {
    private final WriterRule data = new WriterRule("neo4j", "neo4j", false);
    private final WriterRule system = new WriterRule("neo4j", "system", true);

    @Test
    void onlyTheSupervisorWrites() {
        assertDoesNotThrow(() -> data.check("neo4j", true));
        assertDoesNotThrow(() -> system.check("neo4j", true));
        Refusal refusal = assertThrows(Refusal.class, () -> data.check("explorer", false));
        assertEquals(
                "logos.guard: writer: user 'explorer' may not write to database 'neo4j'",
                refusal.getMessage());
        assertThrows(Refusal.class, () -> system.check("explorer", true));
        assertThrows(Refusal.class, () -> data.check("NEO4J", true));
    }

    @Test
    void theServerItselfKeepsSchemaAndUsersButWritesNoData() {
        assertDoesNotThrow(() -> data.check("", false));
        assertDoesNotThrow(() -> system.check("", true));
        assertThrows(Refusal.class, () -> data.check("", true));
    }
}
