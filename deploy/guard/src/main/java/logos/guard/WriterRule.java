package logos.guard;

/**
 * Only the supervisor's database user writes.
 *
 * <p>Transactions without a user are the server's own: they may build the system database and
 * populate indexes, and never write data.
 */
record WriterRule(String supervisor, String database, boolean system) {

    /**
     * @param user the transaction's user, empty for the server itself
     * @param data whether nodes, relationships, labels or properties change
     * @throws Refusal when this user may not make this change
     */
    void check(String user, boolean data) {
        if (user.isEmpty()) {
            if (data && !system) {
                throw new Refusal(Rule.WRITER, "a transaction without a user may not write data");
            }
        } else if (!user.equals(supervisor)) {
            throw new Refusal(
                    Rule.WRITER, "user '" + user + "' may not write to database '" + database + "'");
        }
    }
}
