package logos.guard;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.neo4j.graphdb.Label;
import org.neo4j.graphdb.Node;
import org.neo4j.graphdb.Relationship;
import org.neo4j.graphdb.event.LabelEntry;
import org.neo4j.graphdb.event.TransactionData;

/** What one transaction changes, read once: every question after that is a look-up. */
final class Changes {
    /** A node's labels before the transaction, and what the transaction does to them. */
    record Labels(Set<String> before, Set<String> added, Set<String> removed) {}

    final TransactionData data;
    final Set<Node> createdNodes = new HashSet<>();
    final Set<Relationship> createdRelationships = new HashSet<>();

    /** Label changes of nodes that were there before, the deleted ones included. */
    final Map<Node, Labels> relabelled = new HashMap<>();

    private final Map<Node, SealedRules.End> ends = new HashMap<>();

    Changes(TransactionData data) {
        this.data = data;
        data.createdNodes().forEach(createdNodes::add);
        data.createdRelationships().forEach(createdRelationships::add);
        for (LabelEntry change : data.assignedLabels()) {
            if (!createdNodes.contains(change.node())) {
                relabelled(change.node()).added.add(change.label().name());
            }
        }
        for (LabelEntry change : data.removedLabels()) {
            relabelled(change.node()).removed.add(change.label().name());
        }
        relabelled.forEach(this::restore);
    }

    private Labels relabelled(Node node) {
        return relabelled.computeIfAbsent(
                node, n -> new Labels(new TreeSet<>(), new TreeSet<>(), new TreeSet<>()));
    }

    /** Before = what it has now, less what was added, and what was removed. */
    private void restore(Node node, Labels labels) {
        if (!data.isDeleted(node)) {
            labels.before.addAll(currentLabels(node));
            labels.before.removeAll(labels.added);
        }
        labels.before.addAll(labels.removed);
    }

    /** The node as the sealed rules see it: the labels it had before, or got when it was created. */
    SealedRules.End end(Node node) {
        return ends.computeIfAbsent(
                node,
                n -> {
                    Labels changed = relabelled.get(n);
                    if (changed != null) {
                        return new SealedRules.End(changed.before, changed.removed, false);
                    }
                    // A deleted node without removed labels had none.
                    Set<String> labels = data.isDeleted(n) ? Set.of() : currentLabels(n);
                    return new SealedRules.End(labels, Set.of(), createdNodes.contains(n));
                });
    }

    private static Set<String> currentLabels(Node node) {
        Set<String> labels = new TreeSet<>();
        for (Label label : node.getLabels()) {
            labels.add(label.name());
        }
        return labels;
    }
}
