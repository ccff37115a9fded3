package logos.guard;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.neo4j.graphdb.Entity;
import org.neo4j.graphdb.Label;
import org.neo4j.graphdb.Node;
import org.neo4j.graphdb.Relationship;
import org.neo4j.graphdb.ResourceIterator;
import org.neo4j.graphdb.Transaction;
import org.neo4j.graphdb.event.PropertyEntry;

/** Reads a transaction's new entries and the head's move, and asks the ledger's rules about them. */
final class LedgerCheck {
    private static final Label HEAD = Label.label(Names.LEDGER_HEAD);

    /** What of a head changes. Its lock never does: setting it to what it is takes the node's lock. */
    private static final Set<String> HEAD_MOVES =
            Set.of(Names.INDEX, Names.HASH, Names.RECORDED_AT, Names.SUPERVISOR);

    private final Changes changes;
    private final Transaction transaction;
    private final List<LedgerEntry> entries = new ArrayList<>();
    private final Set<Long> indexes = new HashSet<>();

    private LedgerCheck(Changes changes, Transaction transaction) {
        this.changes = changes;
        this.transaction = transaction;
    }

    static void check(Changes changes, Transaction transaction) {
        LedgerCheck check = new LedgerCheck(changes, transaction);
        check.readEntries();
        check.chain();
        check.links();
        check.records();
    }

    private void readEntries() {
        for (Node node : changes.createdNodes) {
            if (changes.end(node).labels().contains(Names.LEDGER_ENTRY)) {
                LedgerEntry entry = readEntry(node);
                entries.add(entry);
                indexes.add(entry.index());
                RecordRules.checkCreated(
                        "entry " + entry.index(),
                        node.getProperty(Names.LEDGER_INDEX, null),
                        Set.of(entry.index()));
            }
        }
        entries.sort(Comparator.comparingLong(LedgerEntry::index));
    }

    private static LedgerEntry readEntry(Node node) {
        return new LedgerEntry(
                property(node, Names.LEDGER, String.class),
                property(node, Names.INDEX, Long.class),
                property(node, Names.HASH, String.class),
                property(node, Names.PREV_HASH, String.class),
                property(node, Names.KIND, String.class),
                property(node, Names.TEXT, String.class),
                property(node, Names.SIGNATURE, String.class),
                property(node, Names.RECORDED_AT, Long.class));
    }

    private void chain() {
        Map<Node, Map<String, Object>> moved = movedHeads();
        List<Node> created = createdHeads();
        if (moved.size() + created.size() > 1) {
            throw new Refusal(Rule.HEAD, "a transaction may move one :LedgerHead only");
        }
        if (!created.isEmpty()) {
            Node head = created.get(0);
            refuseSecondLedger(head);
            ChainRules.check(null, entries, readHead(head, Map.of()));
            SupervisorRules.check(null, entries, readSupervisor(head, Map.of()));
        } else if (moved.isEmpty()) {
            ChainRules.check(null, entries, null);
        } else {
            Map.Entry<Node, Map<String, Object>> head = moved.entrySet().iterator().next();
            ChainRules.check(
                    readHead(head.getKey(), head.getValue()),
                    entries,
                    readHead(head.getKey(), Map.of()));
            SupervisorRules.check(
                    readSupervisor(head.getKey(), head.getValue()),
                    entries,
                    readSupervisor(head.getKey(), Map.of()));
        }
    }

    /** Existing heads that change, each with the committed values of what changes. */
    private Map<Node, Map<String, Object>> movedHeads() {
        changes.relabelled.forEach(
                (node, labels) -> {
                    if (labels.before().contains(Names.LEDGER_HEAD)) {
                        throw new Refusal(Rule.HEAD, "a :LedgerHead is never deleted or relabelled");
                    }
                });
        Map<Node, Map<String, Object>> moved = new HashMap<>();
        for (PropertyEntry<Node> property : changes.data.assignedNodeProperties()) {
            move(moved, property);
        }
        for (PropertyEntry<Node> property : changes.data.removedNodeProperties()) {
            move(moved, property);
        }
        return moved;
    }

    private void move(Map<Node, Map<String, Object>> moved, PropertyEntry<Node> property) {
        Node node = property.entity();
        if (changes.createdNodes.contains(node)
                || !changes.end(node).labels().contains(Names.LEDGER_HEAD)) {
            return;
        }
        if (!HEAD_MOVES.contains(property.key())) {
            throw new Refusal(
                    Rule.HEAD, "property '" + property.key() + "' of a :LedgerHead may not change");
        }
        moved.computeIfAbsent(node, n -> new HashMap<>())
                .put(property.key(), property.previouslyCommittedValue());
    }

    private List<Node> createdHeads() {
        return changes.createdNodes.stream()
                .filter(node -> changes.end(node).labels().contains(Names.LEDGER_HEAD))
                .toList();
    }

    /**
     * A database holds one ledger, whatever its id. Two that begin at the same time do not see each
     * other here: {@code only} is the same on every head, and a constraint makes it unique.
     */
    private void refuseSecondLedger(Node created) {
        if (!Boolean.TRUE.equals(created.getProperty(Names.ONLY, null))) {
            throw new Refusal(Rule.HEAD, "a new :LedgerHead has the property 'only', which is true");
        }
        try (ResourceIterator<Node> heads = transaction.findNodes(HEAD)) {
            while (heads.hasNext()) {
                if (!heads.next().equals(created)) {
                    throw new Refusal(Rule.HEAD, "this database already has its ledger");
                }
            }
        }
    }

    private static LedgerHead readHead(Node node, Map<String, Object> committed) {
        return new LedgerHead(
                property(node, Names.LEDGER, String.class),
                headProperty(node, committed, Names.INDEX, Long.class),
                headProperty(node, committed, Names.HASH, String.class),
                headProperty(node, committed, Names.RECORDED_AT, Long.class));
    }

    private static String readSupervisor(Node node, Map<String, Object> committed) {
        Object value =
                committed.containsKey(Names.SUPERVISOR)
                        ? committed.get(Names.SUPERVISOR)
                        : node.getProperty(Names.SUPERVISOR, null);
        if (value instanceof String supervisor) {
            return supervisor;
        }
        throw new Refusal(Rule.SUPERVISOR, "the :LedgerHead does not say whose key signs");
    }

    private static <T> T headProperty(
            Node node, Map<String, Object> committed, String key, Class<T> type) {
        return committed.containsKey(key)
                ? cast(committed.get(key), key, type)
                : property(node, key, type);
    }

    /** NEXT joins two entries only, and says the same as prev_hash. */
    private void links() {
        for (Relationship created : changes.createdRelationships) {
            if (!created.getType().name().equals(Names.NEXT)) {
                continue;
            }
            Object hash = created.getStartNode().getProperty(Names.HASH, null);
            if (hash == null
                    || !hash.equals(created.getEndNode().getProperty(Names.PREV_HASH, null))) {
                throw new Refusal(Rule.CHAIN, "NEXT joins entries that do not follow each other");
            }
        }
    }

    private void records() {
        for (Node node : changes.createdNodes) {
            Set<String> labels = changes.end(node).labels();
            if (!labels.contains(Names.LEDGER_HEAD)) {
                checkCreated("a new node " + labels, node);
            }
        }
        changes.relabelled.forEach(
                (node, labels) -> {
                    if (RecordRules.moves(labels.before()) || RecordRules.moves(labels.added())) {
                        RecordRules.checkStored(null, indexes);
                    }
                });
        for (Relationship created : changes.createdRelationships) {
            checkCreated("a new relationship " + created.getType().name(), created);
        }
        for (var property : changes.data.assignedNodeProperties()) {
            if (!changes.createdNodes.contains(property.entity())) {
                RecordRules.checkChanged(property.key(), property.value(), indexes);
                stored(property.entity());
            }
        }
        for (var property : changes.data.assignedRelationshipProperties()) {
            if (!changes.createdRelationships.contains(property.entity())) {
                RecordRules.checkChanged(property.key(), property.value(), indexes);
            }
        }
        for (var property : changes.data.removedNodeProperties()) {
            checkRemoved(property, changes.data.isDeleted(property.entity()));
            stored(property.entity());
        }
        for (var property : changes.data.removedRelationshipProperties()) {
            checkRemoved(property, changes.data.isDeleted(property.entity()));
        }
    }

    /** What moves, was there before and is changed; a deletion takes its label, and is refused. */
    private void stored(Node node) {
        if (!changes.createdNodes.contains(node)
                && !changes.data.isDeleted(node)
                && RecordRules.moves(changes.end(node).labels())) {
            RecordRules.checkStored(node.getProperty(Names.LEDGER_INDEX, null), indexes);
        }
    }

    private void checkCreated(String thing, Entity entity) {
        RecordRules.checkCreated(thing, entity.getProperty(Names.LEDGER_INDEX, null), indexes);
    }

    private void checkRemoved(PropertyEntry<?> property, boolean deleted) {
        if (!deleted) {
            RecordRules.checkChanged(property.key(), null, indexes);
        }
    }

    private static <T> T property(Entity entity, String key, Class<T> type) {
        return cast(entity.getProperty(key, null), key, type);
    }

    private static <T> T cast(Object value, String key, Class<T> type) {
        if (!type.isInstance(value)) {
            throw new Refusal(
                    Rule.CHAIN,
                    "property '" + key + "' of the ledger is not a " + type.getSimpleName());
        }
        return type.cast(value);
    }
}
