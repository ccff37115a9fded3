package logos.guard;

import static org.neo4j.configuration.SettingImpl.newBuilder;
import static org.neo4j.configuration.SettingValueParsers.STRING;

import org.neo4j.configuration.Description;
import org.neo4j.configuration.SettingsDeclaration;
import org.neo4j.graphdb.config.Setting;

/**
 * The guard's setting. Neo4j validates its configuration strictly, so that a server which lacks this
 * jar refuses to start on a configuration that names it.
 */
public final class GuardSettings implements SettingsDeclaration {
    @Description("The one database user that may write.")
    public static final Setting<String> supervisor =
            newBuilder("server.logos.guard.supervisor", STRING, "").build();
}
