package logos.guard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class SupervisorKeyTest {
    private static final byte[] NO_TAG = {};

    /** RFC 8032, section 7.1, test 1. */
    private static final String RFC = "did:key:z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw";

    private static final String RFC_SIGNATURE =
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb88215"
                    + "90a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b";

    /** Made by tests/guard/curve.py: the same secret and nonce, R once moved by a point of order 2. */
    private static final String KEY = "did:key:z6MknVNDeS7QaRTERHvRA7CJouxkmUo2unDmNXiCze6su1i9";

    private static final String PLAIN =
            "c0f1225584444ec730446e231390781ffdd2f256e9fcbeb2f40dddc2c2233d7f"
                    + "5c31b30a415c1c09bb2911f7b888708504d5b6e5237bd0cb125a738309cba40f";
    private static final String MOVED =
            "2d0eddaa7bbbb138cfbb91dcec6f87e0022d0da91603414d0bf2223d3ddcc280"
                    + "564da85962186f68562b932c55e1f8a33597edd858339c8e9d3c686aa5e3720a";

    private static boolean signed(String did, String text, String signature) {
        return SupervisorKey.of(did).orElseThrow().signed(NO_TAG, text, signature);
    }

    @Test
    void aSignatureIsOfItsKeyAndItsTextOnly() {
        assertTrue(signed(RFC, "", RFC_SIGNATURE));
        assertFalse(signed(RFC, " ", RFC_SIGNATURE));
        assertFalse(signed(KEY, "", RFC_SIGNATURE));
        assertFalse(signed(RFC, "", RFC_SIGNATURE.toUpperCase()));
        assertFalse(signed(RFC, "", RFC_SIGNATURE.substring(2)));
    }

    @Test
    void aPointOfSmallOrderInRIsNotLeftOutOfAccount() {
        assertTrue(signed(KEY, "text", PLAIN));
        assertFalse(signed(KEY, "text", MOVED));
    }

    @Test
    void aKeyHasOneName() {
        for (String other :
                List.of(
                        "",
                        RFC.substring(8),
                        RFC.substring(0, 55),
                        RFC + "1",
                        RFC.replace("did:key:z", "did:key:Z"),
                        "did:key:z1" + RFC.substring(9, 55),
                        RFC.substring(0, 55) + "0",
                        RFC.substring(0, 55) + "\u00e9")) {
            assertEquals(false, SupervisorKey.of(other).isPresent(), other);
        }
    }
}
