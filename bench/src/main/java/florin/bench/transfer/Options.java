package florin.bench.transfer;

import florin.bench.Arguments;
import java.io.IOException;
import java.io.Reader;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.regex.Pattern;

/** What to measure, and where; {@link TransferRate} explains the options. */
record Options(Arguments arguments) {

    static final int MOST_CLIENTS = 512;

    private static final int MOST_ACCOUNTS = 100_000;
    private static final int MOST_SECONDS = 600;
    private static final int MOST_ROUNDS = 25;
    private static final int MOST_PER_SECOND = 10_000;
    private static final int MOST_MINUTES = 24 * 60;
    private static final Map<String, String> DEFAULTS = defaults();

    private static Map<String, String> defaults() {
        Map<String, String> defaults = new LinkedHashMap<>();
        defaults.put("--data", "");
        defaults.put("--first-branch", "http://localhost:8081");
        defaults.put("--second-branch", "http://localhost:8082");
        defaults.put("--transfers", "http://localhost:8083");
        defaults.put("--events", "");
        defaults.put("--reference", "");
        defaults.put("--reference-user", "postgres");
        defaults.put("--reference-password", "");
        defaults.put("--accounts", "1000");
        defaults.put("--clients", "1,16,64");
        defaults.put("--open-rate", "20");
        defaults.put("--warm-up", "20");
        defaults.put("--seconds", "15");
        defaults.put("--rounds", "3");
        defaults.put("--rows", ".*");
        defaults.put("--minutes", "0");
        return defaults;
    }

    static Options of(String... arguments) {
        Map<String, String> given = Arguments.given(DEFAULTS, arguments);
        String data = given.getOrDefault("--data", "");
        Map<String, String> told = data.isEmpty() ? Map.of() : ofRunningPlatform(Path.of(data));
        Options options = new Options(Arguments.of(DEFAULTS, told, given));
        options.check();
        return options;
    }

    /** What {@code ./florin up} has written down of itself. */
    private static Map<String, String> ofRunningPlatform(Path data) {
        Properties state = load(data.resolve("florin.state"));
        Properties passwords = load(data.resolve("database.passwords"));
        return Map.of(
                "--first-branch", state.getProperty("account-command-flno.url", ""),
                "--second-branch", state.getProperty("account-command-flso.url", ""),
                "--transfers", state.getProperty("transfer-saga.url", ""),
                "--events", state.getProperty("axon-server.url", ""),
                "--reference", state.getProperty("postgresql.url", "") + "postgres",
                "--reference-password", passwords.getProperty("postgres", ""));
    }

    private static Properties load(Path file) {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file)) {
            properties.load(reader);
        } catch (IOException away) {
            throw new IllegalArgumentException("No running platform is described by " + file, away);
        }
        return properties;
    }

    private void check() {
        URI unused = transfers();
        unused = firstBranch();
        unused = secondBranch();
        List<Integer> clients = clients();
        int bounds = accounts() + openRate() + warmUpSeconds() + seconds() + rounds() + minutes() + clients.size();
        Pattern rows = rows();
        if (bounds < 0 || rows.pattern().isEmpty()) {
            throw new IllegalArgumentException("--rows is empty");
        }
    }

    /** The number of each process of the platform, by name; empty unless {@code --data} is given. */
    Map<String, Long> processes() {
        Map<String, Long> processes = new LinkedHashMap<>();
        if (!text("--data").isEmpty()) {
            Properties state = load(Path.of(text("--data")).resolve("florin.state"));
            for (String name : List.of(state.getProperty("names", "").split(" ", -1))) {
                processes.put(name, Long.parseLong(state.getProperty(name + ".pid", "-1")));
            }
        }
        return processes;
    }

    URI transfers() {
        return address("--transfers");
    }

    URI firstBranch() {
        return address("--first-branch");
    }

    URI secondBranch() {
        return address("--second-branch");
    }

    /** Where axon-server tells how many events it has. */
    Optional<URI> events() {
        return text("--events").isEmpty() ? Optional.empty() : Optional.of(address("--events"));
    }

    /** The JDBC URL of a database whose server takes the reference. */
    Optional<String> reference() {
        return Optional.of(text("--reference")).filter(url -> !url.isEmpty());
    }

    String referenceUser() {
        return text("--reference-user");
    }

    String referencePassword() {
        return text("--reference-password");
    }

    int accounts() {
        return arguments.number("--accounts", 4, MOST_ACCOUNTS);
    }

    List<Integer> clients() {
        List<Integer> clients = new ArrayList<>();
        for (String one : text("--clients").split(",", -1)) {
            clients.add(Arguments.bounded("--clients", one, 1, MOST_CLIENTS));
        }
        return clients;
    }

    int openRate() {
        return arguments.number("--open-rate", 1, MOST_PER_SECOND);
    }

    int warmUpSeconds() {
        return arguments.number("--warm-up", 0, MOST_SECONDS);
    }

    int seconds() {
        return arguments.number("--seconds", 1, MOST_SECONDS);
    }

    int rounds() {
        return arguments.number("--rounds", 1, MOST_ROUNDS);
    }

    Pattern rows() {
        return Pattern.compile(text("--rows"));
    }

    /** How long the run minute by minute lasts; 0 for none. */
    int minutes() {
        return arguments.number("--minutes", 0, MOST_MINUTES);
    }

    private String text(String option) {
        return arguments.text(option);
    }

    private URI address(String option) {
        URI address = URI.create(text(option));
        if (!"http".equals(address.getScheme()) || address.getPort() < 0) {
            throw new IllegalArgumentException(option + " is not an address such as http://localhost:8083");
        }
        return address;
    }
}
