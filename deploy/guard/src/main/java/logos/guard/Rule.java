package logos.guard;

/** The rules by the word that a refusal names them with. */
enum Rule {
    /** Only the supervisor's database user writes. */
    WRITER("writer"),
    /** A sealed thing never changes and is never deleted. */
    SEALED("sealed"),
    /** Everything made by an entry carries that entry's index. */
    RECORD("record"),
    /** A mutation comes with entries that extend the chain. */
    CHAIN("chain"),
    /** The ledger's head moves only to the last new entry. */
    HEAD("head"),
    /** The supervisor's key is the one that the entries name. */
    SUPERVISOR("supervisor"),
    /** The supervisor's key signs the entries. */
    SIGNATURE("signature"),
    /** The graph's own constraints stay. */
    SCHEMA("schema");

    final String word;

    Rule(String word) {
        this.word = word;
    }
}
