package logos.guard;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The graph's own constraints may be made, and are never dropped: that an intent is recorded once and
 * a name is unique is said by them. Others, and indexes, which only make questions quick, may go.
 */
final class SchemaRules {
    /** The names of the constraints in {@code cypher/schema}. */
    static final Set<String> CONSTRAINTS = read("constraints.txt");

    private SchemaRules() {}

    private static Set<String> read(String resource) {
        try (InputStream stream = SchemaRules.class.getResourceAsStream(resource)) {
            return new String(stream.readAllBytes(), StandardCharsets.US_ASCII)
                    .lines()
                    .collect(Collectors.toUnmodifiableSet());
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    static void checkDropped(String constraint) {
        if (CONSTRAINTS.contains(constraint)) {
            throw new Refusal(Rule.SCHEMA, "constraint '" + constraint + "' may not be dropped");
        }
    }
}
