package logos.guard;

import java.util.Map;

/** What the guard tells about itself; made once, when it is armed. */
public record GuardStatus(String version, String database) {
    /** The guard's own version; raise it, and GUARD_VERSION in Python, when a rule changes. */
    static final String VERSION = "0.3.0";

    /** As Cypher returns it. */
    Map<String, Object> toMap() {
        return Map.of("active", true, "version", version, "database", database);
    }
}
