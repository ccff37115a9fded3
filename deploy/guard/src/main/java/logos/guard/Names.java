package logos.guard;

/** The graph's words that more than one rule speaks of. */
final class Names {
    static final String LEDGER_ENTRY = "LedgerEntry";
    static final String LEDGER_HEAD = "LedgerHead";
    static final String LOG_LINE = "LogLine";
    static final String PENDING = "Pending";
    static final String GRANT = "Grant";
    static final String DRAFT = "Draft";
    static final String STARTS = "STARTS";
    static final String STORED_VALUE = "StoredValue";
    static final String RUN_LIMIT = "RunLimit";
    static final String ESCALATION = "Escalation";
    static final String CONDUCT = "Conduct";
    static final String ALARM = "Alarm";
    static final String RATE = "Rate";
    static final String DELEGATION = "Delegation";

    static final String NEXT = "NEXT";
    static final String NAMES = "NAMES";
    static final String HOLDS = "HOLDS";
    static final String ENFORCES = "ENFORCES";
    static final String SUBMITTED = "SUBMITTED";
    static final String ANSWERED = "ANSWERED";
    static final String CAUSED = "CAUSED";
    static final String DRAFTED_AS = "DRAFTED_AS";
    static final String DEPRECATES = "DEPRECATES";
    static final String PROMOTES = "PROMOTES";

    static final String LEDGER = "ledger";
    static final String INDEX = "index";
    static final String HASH = "hash";
    static final String PREV_HASH = "prev_hash";
    static final String KIND = "kind";
    static final String TEXT = "text";
    static final String SIGNATURE = "signature";
    static final String RECORDED_AT = "recorded_at";
    static final String SUPERVISOR = "supervisor";
    static final String ONLY = "only";
    static final String LEDGER_INDEX = "ledger_index";
    static final String REVOKED_INDEX = "revoked_index";

    private Names() {}
}
