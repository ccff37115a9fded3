package logos.guard;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

/**
 * A supervisor's Ed25519 key, by its {@code did:key} name, and what it has signed.
 *
 * <p>As strict as the ledger's own check (libsodium): the key and R are canonical encodings of points
 * of the prime-order subgroup, and S is below the group's order. The order of R is looked at here,
 * because Bouncy Castle's equation leaves points of small order out of account.
 */
final class SupervisorKey {
    private static final String PREFIX = "did:key:z";
    private static final String DIGITS =
            "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    private static final int DID_LENGTH = 56;
    private static final BigInteger BASE = BigInteger.valueOf(DIGITS.length());

    /** The multicodec of an Ed25519 public key, which stands before the key's bytes. */
    private static final byte[] CODEC = {(byte) 0xed, 0x01};

    private static final Pattern SIGNATURE = Pattern.compile("[0-9a-f]{128}");

    /** The key asked for last: nearly every transaction has the same one. */
    private static volatile SupervisorKey last;

    private final String did;
    private final Ed25519.PublicPoint point;

    private SupervisorKey(String did, Ed25519.PublicPoint point) {
        this.did = did;
        this.point = point;
    }

    /** The key that a DID names; empty when it is not exactly the DID of a usable key. */
    static Optional<SupervisorKey> of(String did) {
        SupervisorKey known = last;
        if (known != null && known.did.equals(did)) {
            return Optional.of(known);
        }
        Optional<SupervisorKey> key = parse(did);
        key.ifPresent(found -> last = found);
        return key;
    }

    private static Optional<SupervisorKey> parse(String did) {
        if (!did.startsWith(PREFIX) || did.length() != DID_LENGTH) {
            return Optional.empty();
        }
        BigInteger number = BigInteger.ZERO;
        for (char digit : did.substring(PREFIX.length()).toCharArray()) {
            int value = DIGITS.indexOf(digit);
            if (value < 0) {
                return Optional.empty();
            }
            number = number.multiply(BASE).add(BigInteger.valueOf(value));
        }
        // A byte for the sign, then the codec and the key. A leading 1, base58's zero byte, makes the
        // number too small for that: one key has one name.
        byte[] bytes = number.toByteArray();
        int start = 1 + CODEC.length;
        if (bytes.length != start + Ed25519.PUBLIC_KEY_SIZE
                || bytes[0] != 0
                || !Arrays.equals(bytes, 1, start, CODEC, 0, CODEC.length)) {
            return Optional.empty();
        }
        return Optional.ofNullable(Ed25519.validatePublicKeyFullExport(bytes, start))
                .map(point -> new SupervisorKey(did, point));
    }

    /**
     * Whether this key signed the text for this purpose.
     *
     * @param tag the purpose, and a zero byte
     * @param signature 128 lower-case hex digits
     */
    boolean signed(byte[] tag, String text, String signature) {
        if (!SIGNATURE.matcher(signature).matches()) {
            return false;
        }
        byte[] bytes = HexFormat.of().parseHex(signature);
        byte[] data = text.getBytes(StandardCharsets.UTF_8);
        byte[] message = Arrays.copyOf(tag, tag.length + data.length);
        System.arraycopy(data, 0, message, tag.length, data.length);
        return Ed25519.validatePublicKeyFull(bytes, 0)
                && Ed25519.verify(bytes, 0, point, message, 0, message.length);
    }
}
