package logos.guard;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import org.junit.jupiter.api.Test;

class RecordRulesTest {
    private static final Set<Long> INDEXES = Set.of(4L, 5L);

    @Test
    void whatIsMadeNamesANewEntry() {
        assertDoesNotThrow(() -> RecordRules.checkCreated("a node", 5L, INDEXES));
        for (Object other : new Object[] {3L, "5", 5.0, new long[] {5}}) {
            assertThrows(
                    Refusal.class, () -> RecordRules.checkCreated("a node", other, INDEXES));
        }
        assertThrows(Refusal.class, () -> RecordRules.checkCreated("a node", null, INDEXES));
    }

    @Test
    void whatWasMadeIsNotMovedToAnotherEntry() {
        assertDoesNotThrow(() -> RecordRules.checkChanged("status", 1L, INDEXES));
        assertDoesNotThrow(() -> RecordRules.checkChanged("ledger_index", 4L, INDEXES));
        assertThrows(
                Refusal.class, () -> RecordRules.checkChanged("ledger_index", 3L, INDEXES));
        assertThrows(
                Refusal.class, () -> RecordRules.checkChanged("ledger_index", null, INDEXES));
        assertThrows(
                Refusal.class, () -> RecordRules.checkChanged("revoked_index", 3L, INDEXES));
    }

    @Test
    void storedValuesLimitsAndEscalationsMove() {
        assertTrue(RecordRules.moves(Set.of("StoredValue")));
        assertTrue(RecordRules.moves(Set.of("RunLimit", "Other")));
        assertTrue(RecordRules.moves(Set.of("Escalation", "Other")));
        assertTrue(RecordRules.moves(Set.of("Conduct")));
        assertFalse(RecordRules.moves(Set.of("Run", "LogLine", "Pending")));
    }

    @Test
    void aStoredValueChangesWithTheEntryThatSaysSo() {
        assertDoesNotThrow(() -> RecordRules.checkStored(4L, INDEXES));
        assertThrows(Refusal.class, () -> RecordRules.checkStored(3L, INDEXES));
        assertThrows(Refusal.class, () -> RecordRules.checkStored(null, INDEXES));
    }
}
