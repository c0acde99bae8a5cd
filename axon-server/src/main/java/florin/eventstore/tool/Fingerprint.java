package florin.eventstore.tool;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Message;
import florin.eventstore.protocol.Sha256;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.util.HexFormat;

/** How many messages there were, and a SHA-256 of all of them in order, which does not depend on the order of map entries. */
final class Fingerprint {
    private final MessageDigest digest = Sha256.digest();
    private long count;

    void add(Message message) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(message.getSerializedSize() + 8);
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        out.useDeterministicSerialization();
        try {
            out.writeMessageNoTag(message);
            out.flush();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        digest.update(bytes.toByteArray());
        count++;
    }

    long count() {
        return count;
    }

    /** The hash so far; adding may go on. */
    String hash() {
        try {
            return HexFormat.of().formatHex(((MessageDigest) digest.clone()).digest());
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException(e);
        }
    }
}
