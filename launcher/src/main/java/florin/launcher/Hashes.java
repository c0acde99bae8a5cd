package florin.launcher;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** Names cache folders by what is in them. */
final class Hashes {
    private static final int SHORT_LENGTH = 16;
    private static final int BUFFER_BYTES = 1 << 16;

    private Hashes() {}

    static String of(InputStream in) throws IOException {
        MessageDigest digest = sha256();
        byte[] buffer = new byte[BUFFER_BYTES];
        for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
            digest.update(buffer, 0, length);
        }
        return shortName(digest);
    }

    /** Of a jar's directory, which holds each entry's size and checksum: no need to read a hundred megabytes. */
    static String ofJar(Path jar) throws IOException {
        MessageDigest digest = sha256();
        try (ZipFile file = new ZipFile(jar.toFile())) {
            file.stream().map(Hashes::line).forEach(line -> digest.update(line.getBytes(StandardCharsets.UTF_8)));
        }
        return shortName(digest);
    }

    private static String line(ZipEntry entry) {
        return entry.getName() + " " + entry.getSize() + " " + entry.getCrc() + "\n";
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String shortName(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest()).substring(0, SHORT_LENGTH);
    }
}
