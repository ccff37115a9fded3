package logos.guard;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.commons.codec.digest.Blake3;

/**
 * An entry's canonical text: its hash, and that the node's properties say what the text says.
 *
 * <p>The text is canonical JSON with sorted keys, so that everything but {@code body} stands, flat and
 * in a fixed order, at its end: one anchored match reads it without a JSON parser. A quote inside a
 * JSON string is always escaped, hence the last {@code ,"index":} is the entry's own.
 */
final class EntryText {
    private static final byte[] TAG =
            "logos/entry-hash/v1\0".getBytes(StandardCharsets.US_ASCII);
    private static final int HASH_BYTES = 32;
    private static final String STRING = "\"((?:[^\"\\\\]|\\\\.)*+)\"";
    private static final String CONTENT_ID = "\"(b3:[0-9a-f]{64})\"";
    private static final String MARK = ",\"index\":";
    private static final Pattern TAIL =
            Pattern.compile(
                    MARK + "(0|[1-9][0-9]{0,18})"
                            + ",\"kind\":\"([a-z]+)\""
                            + ",\"ledger\":" + STRING
                            + ",\"policy_hash\":(?:null|" + CONTENT_ID + ")"
                            + ",\"prev_hash\":" + CONTENT_ID
                            + ",\"recorded_at\":(0|[1-9][0-9]{0,18})"
                            + ",\"trace_id\":" + STRING
                            + ",\"version\":[0-9]+}");

    private EntryText() {}

    /** {@code "b3:"} and the BLAKE3 of the domain tag, a zero byte and the text, in hex. */
    static String hash(String text) {
        byte[] digest =
                Blake3.initHash()
                        .update(TAG)
                        .update(text.getBytes(StandardCharsets.UTF_8))
                        .doFinalize(HASH_BYTES);
        return "b3:" + HexFormat.of().formatHex(digest);
    }

    /** Whether the entry's properties are the ones that its text was hashed and signed with. */
    static boolean agrees(LedgerEntry entry) {
        String text = entry.text();
        int at = text.lastIndexOf(MARK);
        if (at < 0 || !text.startsWith("{\"body\":")) {
            return false;
        }
        Matcher tail = TAIL.matcher(text).region(at, text.length());
        return tail.matches()
                && tail.group(1).equals(Long.toString(entry.index()))
                && tail.group(2).equals(entry.kind())
                && tail.group(3).equals(entry.ledger())
                && tail.group(5).equals(entry.prevHash())
                && tail.group(6).equals(Long.toString(entry.recordedAt()));
    }
}
