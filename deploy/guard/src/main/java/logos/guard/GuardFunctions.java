package logos.guard;

import java.util.Map;
import org.neo4j.procedure.Context;
import org.neo4j.procedure.Description;
import org.neo4j.procedure.UserFunction;

/** Functions by which a client learns that the guard is there: without it they do not exist. */
public final class GuardFunctions {
    /** Injected by Neo4j; registered by {@link GuardExtensionFactory} when the guard is armed. */
    @Context public GuardStatus status;

    @UserFunction("logos.guard.version")
    @Description("The version of the guard that is active.")
    public String version() {
        return status.version();
    }

    @UserFunction("logos.guard.status")
    @Description("Whether the guard is active, its version and the database it guards.")
    public Map<String, Object> status() {
        return status.toMap();
    }
}
