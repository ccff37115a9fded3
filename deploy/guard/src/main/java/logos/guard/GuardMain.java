package logos.guard;

import org.neo4j.configuration.Config;
import org.neo4j.dbms.api.DatabaseManagementService;
import org.neo4j.graphdb.facade.DatabaseManagementServiceFactory;
import org.neo4j.graphdb.facade.GraphDatabaseDependencies;
import org.neo4j.graphdb.factory.module.GlobalModule;
import org.neo4j.graphdb.factory.module.edition.CommunityEditionModule;
import org.neo4j.kernel.api.security.AuthManager;
import org.neo4j.kernel.api.security.provider.SecurityProvider;
import org.neo4j.kernel.impl.factory.DbmsInfo;
import org.neo4j.server.CommunityBootstrapper;
import org.neo4j.server.NeoBootstrapper;

/**
 * The server's main class: Neo4j Community in which only the supervisor's user has more than read
 * access, over Bolt, HTTP and Browser alike.
 *
 * <p>Community has no roles, and a listener alone refuses at commit: until then a reader could hold a
 * lock on the head. Here the statement itself is refused. A missing jar means that this class is not
 * found: the server does not start unguarded.
 */
public final class GuardMain {
    private GuardMain() {}

    public static void main(String[] arguments) {
        int status = NeoBootstrapper.start(new Bootstrapper(), arguments);
        if (status != 0) {
            System.exit(status);
        }
    }

    private static final class Bootstrapper extends CommunityBootstrapper {
        @Override
        protected DatabaseManagementService createNeo(
                Config config, boolean daemon, GraphDatabaseDependencies dependencies) {
            return new DatabaseManagementServiceFactory(DbmsInfo.COMMUNITY, Edition::new)
                    .build(config, daemon, dependencies);
        }
    }

    @SuppressWarnings("unchecked") // Neo4j's own raw override
    private static final class Edition extends CommunityEditionModule {
        Edition(GlobalModule module) {
            super(module);
        }

        @Override
        public void createSecurityModule(GlobalModule module) {
            super.createSecurityModule(module);
            String supervisor = module.getGlobalConfig().get(GuardSettings.supervisor);
            SecurityProvider provider = getSecurityProvider();
            AuthManager readers = new ReadOnlyAuthManager(provider.authManager(), supervisor);
            setSecurityProvider(
                    new SecurityProvider() {
                        @Override
                        public AuthManager authManager() {
                            return readers;
                        }

                        @Override
                        public AuthManager inClusterAuthManager() {
                            return provider.inClusterAuthManager();
                        }

                        @Override
                        public AuthManager loopbackAuthManager() {
                            return provider.loopbackAuthManager();
                        }
                    });
        }
    }
}
