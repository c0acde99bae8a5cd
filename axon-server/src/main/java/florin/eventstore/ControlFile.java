package florin.eventstore;

import java.io.IOException;
import java.io.Reader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Properties;

/**
 * How a command finds the node that has the data folder open, and proves that it may command it: whoever can read this
 * file in the data folder can.
 *
 * @param address host and port of the node's HTTP interface
 * @param token a secret of this run of the node
 */
record ControlFile(String address, String token) {
    private static final String NAME = "control.properties";

    static String newToken() {
        byte[] bytes = new byte[24];
        new SecureRandom().nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    void write(Path data) throws IOException {
        Properties properties = new Properties();
        properties.setProperty("address", address);
        properties.setProperty("token", token);
        StringWriter text = new StringWriter();
        properties.store(text, "of the running node; only its owner may read it");
        Path temporary = data.resolve(NAME + ".new");
        Files.deleteIfExists(temporary);
        if (data.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Files.createFile(
                    temporary, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        }
        Files.writeString(temporary, text.toString(), StandardCharsets.UTF_8);
        Files.move(temporary, data.resolve(NAME), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Null if no node runs there, as far as the folder tells. */
    static ControlFile read(Path data) throws IOException {
        Path file = data.resolve(NAME);
        if (!Files.exists(file)) {
            return null;
        }
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            properties.load(reader);
        }
        return new ControlFile(properties.getProperty("address"), properties.getProperty("token"));
    }

    static void delete(Path data) throws IOException {
        Files.deleteIfExists(data.resolve(NAME));
    }
}
