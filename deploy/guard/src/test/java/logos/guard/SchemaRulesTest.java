package logos.guard;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class SchemaRulesTest {
    @Test
    void theGraphsOwnConstraintsStay() {
        Refusal refusal =
                assertThrows(Refusal.class, () -> SchemaRules.checkDropped("entry_hash_is_unique"));
        assertEquals(
                "logos.guard: schema: constraint 'entry_hash_is_unique' may not be dropped",
                refusal.getMessage());
        assertDoesNotThrow(() -> SchemaRules.checkDropped("somebody_elses"));
    }
}
