package logos.guard;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What an entry's text says about the supervisor's key; read token by token, nothing else is kept. */
final class EntryBody {
    /**
     * Integers and names of any length, as canonical JSON has them: an entry's text is bounded as a
     * whole by whoever made it. Names are not kept from one text to the next.
     */
    private static final JsonFactory JSON =
            JsonFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
                    .streamReadConstraints(
                            StreamReadConstraints.builder()
                                    .maxNumberLength(Integer.MAX_VALUE)
                                    .maxNameLength(Integer.MAX_VALUE)
                                    .build())
                    .build();
    private static final String BODY = "body";
    private static final String SUPERVISOR = "supervisor";
    private static final String MUTATIONS = "mutations";
    private static final String KIND = "kind";

    /** A receipt's mutation that changes the supervisor's key; null what it does not say as text. */
    record Rotation(String did, String previous, String signature) {}

    private String supervisor;
    private final List<Rotation> rotations = new ArrayList<>();

    private EntryBody() {}

    /**
     * The key that the text of a genesis names; null when it names none.
     *
     * @throws Refusal when the text is no JSON object
     */
    static String supervisor(LedgerEntry genesis) {
        return read(genesis).supervisor;
    }

    /**
     * The mutations of a receipt that change the supervisor's key.
     *
     * @throws Refusal when the text is no JSON object
     */
    static List<Rotation> rotations(LedgerEntry receipt) {
        // Canonical JSON has no other spelling of this word.
        boolean possible = receipt.text().contains('"' + SUPERVISOR + '"');
        return possible ? read(receipt).rotations : List.of();
    }

    private static EntryBody read(LedgerEntry entry) {
        EntryBody body = new EntryBody();
        try (JsonParser json = JSON.createParser(entry.text())) {
            if (json.nextToken() == JsonToken.START_OBJECT) {
                body.readEntry(json);
            }
            if (json.currentToken() != JsonToken.END_OBJECT || json.nextToken() != null) {
                throw new Refusal(Rule.CHAIN, "entry " + entry.index() + ": its text is no object");
            }
        } catch (IOException error) {
            throw new Refusal(Rule.CHAIN, "entry " + entry.index() + ": its text is no JSON");
        }
        return body;
    }

    private void readEntry(JsonParser json) throws IOException {
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String name = json.currentName();
            if (json.nextToken() == JsonToken.START_OBJECT && name.equals(BODY)) {
                readBody(json);
            } else {
                json.skipChildren();
            }
        }
    }

    private void readBody(JsonParser json) throws IOException {
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String name = json.currentName();
            JsonToken value = json.nextToken();
            if (value == JsonToken.VALUE_STRING && name.equals(SUPERVISOR)) {
                supervisor = json.getText();
            } else if (value == JsonToken.START_ARRAY && name.equals(MUTATIONS)) {
                readMutations(json);
            } else {
                json.skipChildren();
            }
        }
    }

    private void readMutations(JsonParser json) throws IOException {
        while (json.nextToken() != JsonToken.END_ARRAY) {
            if (json.currentToken() != JsonToken.START_OBJECT) {
                json.skipChildren();
                continue;
            }
            Map<String, String> texts = new HashMap<>();
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                if (json.nextToken() == JsonToken.VALUE_STRING) {
                    texts.put(name, json.getText());
                } else {
                    json.skipChildren();
                }
            }
            if (SUPERVISOR.equals(texts.get(KIND))) {
                rotations.add(
                        new Rotation(
                                texts.get("did"), texts.get("previous"), texts.get("signature")));
            }
        }
    }
}
