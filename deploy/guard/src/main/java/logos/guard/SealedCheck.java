package logos.guard;

import java.util.HashMap;
import java.util.Map;
import org.neo4j.graphdb.Node;
import org.neo4j.graphdb.Relationship;
import org.neo4j.graphdb.event.PropertyEntry;

/** Asks {@link SealedRules} about every change of a transaction. */
final class SealedCheck {
    private final Changes changes;

    private SealedCheck(Changes changes) {
        this.changes = changes;
    }

    static void check(Changes changes) {
        SealedCheck check = new SealedCheck(changes);
        check.labels();
        check.nodeProperties();
        check.relationships();
        check.bindings();
        check.relationshipProperties();
    }

    private void labels() {
        for (Node node : changes.data.deletedNodes()) {
            SealedRules.checkDeletion(changes.end(node).labels());
        }
        changes.relabelled.forEach(
                (node, labels) -> {
                    if (!changes.data.isDeleted(node)) {
                        SealedRules.checkLabels(labels.before(), labels.added(), labels.removed());
                    }
                });
    }

    private void nodeProperties() {
        for (PropertyEntry<Node> property : changes.data.assignedNodeProperties()) {
            nodeProperty(property, false);
        }
        for (PropertyEntry<Node> property : changes.data.removedNodeProperties()) {
            nodeProperty(property, true);
        }
    }

    private void nodeProperty(PropertyEntry<Node> property, boolean removed) {
        Node node = property.entity();
        if (!changes.createdNodes.contains(node)) {
            SealedRules.checkProperty(
                    changes.end(node).labels(),
                    property.key(),
                    property.previouslyCommittedValue(),
                    removed);
        }
    }

    private void relationships() {
        for (Relationship created : changes.createdRelationships) {
            SealedRules.checkNewRelationship(
                    created.getType().name(),
                    changes.end(created.getStartNode()),
                    changes.end(created.getEndNode()));
        }
        for (Relationship deleted : changes.data.deletedRelationships()) {
            SealedRules.checkDeletedRelationship(
                    deleted.getType().name(),
                    changes.end(deleted.getStartNode()),
                    changes.end(deleted.getEndNode()));
        }
    }

    private void bindings() {
        Map<Node, Integer> begun = bindingsOfVerbs(changes.createdRelationships);
        Map<Node, Integer> ended = bindingsOfVerbs(changes.data.deletedRelationships());
        begun.forEach((verb, n) -> SealedRules.checkBinding(n, ended.getOrDefault(verb, 0)));
        ended.forEach((verb, n) -> SealedRules.checkBinding(begun.getOrDefault(verb, 0), n));
    }

    /** How many of these bind each verb that was there before. */
    private Map<Node, Integer> bindingsOfVerbs(Iterable<Relationship> relationships) {
        Map<Node, Integer> counted = new HashMap<>();
        for (Relationship relationship : relationships) {
            Node start = relationship.getStartNode();
            if (relationship.getType().name().equals(Names.STARTS)
                    && !changes.createdNodes.contains(start)
                    && changes.end(start).is("Verb")) {
                counted.merge(start, 1, Integer::sum);
            }
        }
        return counted;
    }

    private void relationshipProperties() {
        for (var property : changes.data.assignedRelationshipProperties()) {
            if (!changes.createdRelationships.contains(property.entity())) {
                relationshipProperty(property);
            }
        }
        for (var property : changes.data.removedRelationshipProperties()) {
            if (!changes.data.isDeleted(property.entity())) {
                relationshipProperty(property);
            }
        }
    }

    private void relationshipProperty(PropertyEntry<Relationship> property) {
        Relationship relationship = property.entity();
        SealedRules.checkRelationshipProperty(
                relationship.getType().name(),
                property.key(),
                changes.end(relationship.getStartNode()),
                changes.end(relationship.getEndNode()));
    }
}
