package florin.launcher;

import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/** The logins of the databases: one a service, named like its database, and PostgreSQL's own administrator. */
public final class DatabaseAccounts {
    /** Every service's database; the login of each has the same name. */
    public static final List<String> DATABASES =
            List.of("account_flno", "account_flso", "transfer_saga", "account_query");

    static final String ADMINISTRATOR = "postgres";
    static final FileAttribute<?> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    private static final int PASSWORD_BYTES = 24;

    private final Map<String, String> passwords;

    private DatabaseAccounts(Map<String, String> passwords) {
        this.passwords = passwords;
    }

    /** Reads the passwords from {@code file}, or makes random ones and stores them there, readable by the owner only. */
    public static DatabaseAccounts readOrCreate(Path file) {
        try {
            if (!Files.exists(file)) {
                create(file);
            }
            return read(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static DatabaseAccounts read(Path file) {
        try {
            Properties properties = new Properties();
            try (Reader reader = Files.newBufferedReader(file)) {
                properties.load(reader);
            }
            Map<String, String> passwords = new TreeMap<>();
            properties.stringPropertyNames().forEach(name -> passwords.put(name, properties.getProperty(name)));
            return new DatabaseAccounts(passwords);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void create(Path file) throws IOException {
        Properties properties = new Properties();
        SecureRandom random = new SecureRandom();
        properties.setProperty(ADMINISTRATOR, password(random));
        DATABASES.forEach(database -> properties.setProperty(database, password(random)));
        Files.createDirectories(file.toAbsolutePath().getParent());
        Path draft = file.resolveSibling(file.getFileName() + ".draft");
        Files.deleteIfExists(draft);
        Files.createFile(draft, OWNER_ONLY);
        try (Writer writer = Files.newBufferedWriter(draft)) {
            properties.store(writer, "Passwords of Florin's PostgreSQL logins");
        }
        Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private static String password(SecureRandom random) {
        byte[] bytes = new byte[PASSWORD_BYTES];
        random.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    /** The password of {@code login}, which is a database's name or the administrator's. */
    public String password(String login) {
        String password = passwords.get(login);
        if (password == null) {
            throw new LauncherException("The file of database passwords has no line for " + login + ".");
        }
        return password;
    }
}
