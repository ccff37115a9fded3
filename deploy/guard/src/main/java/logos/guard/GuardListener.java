package logos.guard;

import org.neo4j.graphdb.GraphDatabaseService;
import org.neo4j.graphdb.Transaction;
import org.neo4j.graphdb.event.TransactionData;
import org.neo4j.kernel.api.KernelTransaction;
import org.neo4j.kernel.api.txstate.TxStateHolder;
import org.neo4j.kernel.internal.event.InternalTransactionEventListener;
import org.neo4j.storageengine.api.txstate.ReadableTransactionState;

/**
 * Sees every transaction of one database just before it commits, and lets the rules refuse it.
 *
 * <p>The internal listener, unlike the public one, is also called for transactions that only change
 * the schema, and is handed the kernel's transaction.
 */
final class GuardListener implements InternalTransactionEventListener<Void> {
    private final WriterRule writer;

    GuardListener(WriterRule writer) {
        this.writer = writer;
    }

    @Override
    public Void beforeCommit(
            TransactionData data, KernelTransaction transaction, GraphDatabaseService database) {
        ReadableTransactionState state = ((TxStateHolder) transaction).txState();
        boolean dataChanges = state.hasDataChanges();
        boolean schemaChanges =
                !state.constraintsChanges().isEmpty() || !state.indexChanges().isEmpty();
        if (!dataChanges && !schemaChanges) {
            return null; // a new token only: the server's own, readers have no right to make one
        }
        writer.check(data.username(), dataChanges);
        if (!writer.system()) {
            state.constraintsChanges()
                    .getRemoved()
                    .forEach(constraint -> SchemaRules.checkDropped(constraint.getName()));
        }
        if (dataChanges && !writer.system()) {
            Changes changes = new Changes(data);
            SealedCheck.check(changes);
            LedgerCheck.check(changes, transaction.internalTransaction());
        }
        return null;
    }

    /** The public form is never called for an internal listener; if it ever were, nothing may pass. */
    @Override
    public Void beforeCommit(
            TransactionData data, Transaction transaction, GraphDatabaseService database) {
        throw new Refusal(Rule.WRITER, "this server does not speak to the guard as it was built for");
    }

    @Override
    public void afterCommit(TransactionData data, Void state, GraphDatabaseService database) {}

    @Override
    public void afterRollback(TransactionData data, Void state, GraphDatabaseService database) {}
}
