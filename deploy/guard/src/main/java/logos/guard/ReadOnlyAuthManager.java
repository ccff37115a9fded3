package logos.guard;

import java.util.Map;
import org.neo4j.internal.kernel.api.connectioninfo.ClientConnectionInfo;
import org.neo4j.internal.kernel.api.security.AbstractSecurityLog;
import org.neo4j.internal.kernel.api.security.AccessMode;
import org.neo4j.internal.kernel.api.security.AdminActionOnResource;
import org.neo4j.internal.kernel.api.security.LoginContext;
import org.neo4j.internal.kernel.api.security.PermissionState;
import org.neo4j.internal.kernel.api.security.SecurityContext;
import org.neo4j.kernel.api.security.AuthManager;
import org.neo4j.kernel.api.security.exception.InvalidAuthTokenException;
import org.neo4j.kernel.database.PrivilegeDatabaseReference;
import org.neo4j.kernel.impl.api.security.RestrictedAccessMode;

/** Logs everyone in as Neo4j would, and makes everyone but the supervisor's user a reader. */
final class ReadOnlyAuthManager extends AuthManager {
    private final AuthManager inner;
    private final String supervisor;

    ReadOnlyAuthManager(AuthManager inner, String supervisor) {
        this.inner = inner;
        this.supervisor = supervisor;
    }

    @Override
    public LoginContext login(Map<String, Object> token, ClientConnectionInfo connection)
            throws InvalidAuthTokenException {
        return restrict(inner.login(token, connection));
    }

    @Override
    public LoginContext impersonate(LoginContext login, String user) {
        return restrict(inner.impersonate(login, user));
    }

    private LoginContext restrict(LoginContext login) {
        return login.subject().hasUsername(supervisor) ? login : new ReaderLogin(login);
    }

    private static final class ReaderLogin extends LoginContext {
        private final LoginContext login;

        ReaderLogin(LoginContext login) {
            super(login.subject(), login.connectionInfo());
            this.login = login;
        }

        @Override
        public SecurityContext authorize(
                IdLookup lookup, PrivilegeDatabaseReference database, AbstractSecurityLog log) {
            SecurityContext granted = login.authorize(lookup, database, log);
            boolean full = granted.mode() == AccessMode.Static.FULL;
            return new Reader(granted, full ? ReadMode.INSTANCE : granted.mode());
        }
    }

    /** No administration, whatever mode a procedure runs it in. */
    private static final class Reader extends SecurityContext {
        Reader(SecurityContext context, AccessMode mode) {
            super(context.subject(), mode, context.connectionInfo(), context.database());
        }

        @Override
        public SecurityContext withMode(AccessMode mode) {
            return new Reader(this, mode);
        }

        @Override
        public PermissionState allowExecuteAdminProcedure(int procedure) {
            return PermissionState.EXPLICIT_DENY;
        }

        @Override
        public PermissionState allowsAdminAction(AdminActionOnResource action) {
            return PermissionState.EXPLICIT_DENY;
        }
    }

    /** Neo4j's own read mode, with the right to see constraints and indexes. */
    private static final class ReadMode extends RestrictedAccessMode {
        static final AccessMode INSTANCE = new ReadMode();

        private ReadMode() {
            super(AccessMode.Static.READ, AccessMode.Static.READ);
        }

        @Override
        public boolean allowsShowIndex() {
            return true;
        }

        @Override
        public boolean allowsShowConstraint() {
            return true;
        }

        @Override
        public String name() {
            return AccessMode.Static.READ.name();
        }
    }
}
