/**
 * The guard: what Neo4j Community's own constraints cannot say, said inside the database.
 *
 * <ol>
 *   <li>{@link logos.guard.WriterRule}: only the supervisor's database user writes (data, schema, users).
 *   <li>{@link logos.guard.SealedRules}: components, principals, verbs, policies and records stay as made.
 *   <li>{@link logos.guard.RecordRules}: whatever is made says which ledger entry made it.
 *   <li>{@link logos.guard.ChainRules}: no mutation without a new ledger entry that extends the chain.
 *   <li>{@link logos.guard.SupervisorRules}: those entries are signed by the registered supervisor's key.
 *   <li>{@link logos.guard.SchemaRules}: the graph's own constraints are never dropped.
 * </ol>
 *
 * <p>The rules are pure: they see labels, property values and entries, never a database, and throw a
 * {@link logos.guard.Refusal}. {@link logos.guard.GuardListener} reads a transaction just before it
 * commits and asks them. {@link logos.guard.GuardMain} starts the server so that every
 * user but the supervisor's is a reader already at the statement.
 */
package logos.guard;
