package logos.guard;

import org.neo4j.graphdb.security.AuthorizationViolationException;

/**
 * A transaction that a rule refuses; it is rolled back as a whole.
 *
 * <p>Clients see {@code Neo.ClientError.Security.Forbidden} with a message of the form
 * {@code logos.guard: RULE: what was refused}: the superclass is what Neo4j passes on unchanged.
 */
final class Refusal extends AuthorizationViolationException {
    private static final long serialVersionUID = 1L;

    @SuppressWarnings("deprecation") // the other constructors replace the message by one of theirs
    Refusal(Rule rule, String message) {
        super("logos.guard: " + rule.word + ": " + message);
    }
}
