package logos.guard;

import org.neo4j.configuration.Config;
import org.neo4j.configuration.GraphDatabaseSettings;
import org.neo4j.internal.kernel.api.exceptions.ProcedureException;
import org.neo4j.kernel.api.procedure.GlobalProcedures;
import org.neo4j.kernel.extension.ExtensionFactory;
import org.neo4j.kernel.extension.ExtensionType;
import org.neo4j.kernel.extension.context.ExtensionContext;
import org.neo4j.kernel.internal.event.GlobalTransactionEventListeners;
import org.neo4j.kernel.lifecycle.Lifecycle;
import org.neo4j.kernel.lifecycle.LifecycleAdapter;
import org.neo4j.logging.internal.LogService;

/** Arms the guard when the server starts; found through META-INF/services. */
public final class GuardExtensionFactory
        extends ExtensionFactory<GuardExtensionFactory.Dependencies> {

    /** What the guard needs of the server; Neo4j implements it. */
    public interface Dependencies {
        Config config();

        GlobalTransactionEventListeners listeners();

        GlobalProcedures procedures();

        LogService logService();
    }

    public GuardExtensionFactory() {
        super(ExtensionType.GLOBAL, "logos-guard");
    }

    /**
     * Listeners are registered here, and not in a later stage of the life cycle: no database has
     * started yet, so that no transaction can come before the guard.
     */
    @Override
    public Lifecycle newInstance(ExtensionContext context, Dependencies server) {
        Config config = server.config();
        if (!config.get(GraphDatabaseSettings.auth_enabled)) {
            throw new IllegalStateException("logos.guard: dbms.security.auth_enabled must be true");
        }
        String supervisor = config.get(GuardSettings.supervisor);
        if (supervisor.isEmpty()) {
            throw new IllegalStateException("logos.guard: server.logos.guard.supervisor is not set");
        }
        String database = config.get(GraphDatabaseSettings.initial_default_database);
        arm(server.listeners(), new WriterRule(supervisor, database, false));
        String system = GraphDatabaseSettings.SYSTEM_DATABASE_NAME;
        arm(server.listeners(), new WriterRule(supervisor, system, true));
        GuardStatus status = new GuardStatus(GuardStatus.VERSION, database);
        return new LifecycleAdapter() {
            @Override
            public void init() throws ProcedureException {
                server.procedures().registerComponent(GuardStatus.class, call -> status, true);
                server.procedures().registerFunction(GuardFunctions.class);
                server.logService()
                        .getUserLog(GuardExtensionFactory.class)
                        .info("logos.guard %s guards '%s'".formatted(status.version(), database));
            }
        };
    }

    private static void arm(GlobalTransactionEventListeners listeners, WriterRule writer) {
        listeners.registerTransactionEventListener(writer.database(), new GuardListener(writer));
    }
}
