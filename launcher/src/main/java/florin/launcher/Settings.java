package florin.launcher;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;

/** The settings in force: an option wins over the environment, that over {@code florin.properties}, that over defaults. */
record Settings(Map<Setting, String> values) {
    /** Each has ten connections to the database at most, and PostgreSQL takes 200 of all four services. */
    private static final int MOST_INSTANCES = 4;

    /**
     * Takes the options of a command out of {@code arguments}.
     *
     * @param options which settings can be options
     * @param arguments the command line after the command; options are removed, operands stay
     */
    static Settings read(
            Set<Setting> options, List<String> arguments, Map<String, String> environment, Path propertiesFile) {
        Map<Setting, String> values = new EnumMap<>(Setting.class);
        Properties properties = load(propertiesFile);
        for (Setting setting : Setting.values()) {
            String value = properties.getProperty(setting.property());
            value = environment.getOrDefault(setting.environmentVariable(), value);
            if (value != null && !value.isBlank()) {
                values.put(setting, value.trim());
            }
        }
        int i = 0;
        while (i < arguments.size()) {
            String argument = arguments.get(i);
            int equals = argument.indexOf('=');
            String name = equals < 0 ? argument : argument.substring(0, equals);
            Optional<Setting> setting = Setting.ofOption(name).filter(options::contains);
            if (setting.isEmpty()) {
                i++;
                continue;
            }
            arguments.remove(i);
            String value =
                    equals >= 0 ? argument.substring(equals + 1) : i < arguments.size() ? arguments.remove(i) : "";
            if (value.isBlank()) {
                throw new UsageException("The option " + name + " needs a value.");
            }
            values.put(setting.get(), value.trim());
        }
        return new Settings(values);
    }

    private static Properties load(Path file) {
        Properties properties = new Properties();
        if (!Files.isRegularFile(file)) {
            return properties;
        }
        try (Reader reader = Files.newBufferedReader(file)) {
            properties.load(reader);
        } catch (IOException e) {
            throw new LauncherException(
                    "The file " + file + " cannot be read: " + LauncherException.reason(e) + ".", e);
        } catch (IllegalArgumentException e) {
            throw new UsageException("The file " + file + " is not understood: " + e.getMessage());
        }
        Set<String> names = properties.stringPropertyNames();
        for (String name : names) {
            if (Setting.ofOption("--" + name).isEmpty()) {
                throw new UsageException("The file " + file + " has an unknown property: " + name + ".");
            }
        }
        return properties;
    }

    String get(Setting setting) {
        return values.getOrDefault(setting, setting.defaultValue());
    }

    boolean has(Setting setting) {
        return values.containsKey(setting);
    }

    Path data() {
        return Path.of(get(Setting.DATA)).toAbsolutePath().normalize();
    }

    Path cache(Path root) {
        return has(Setting.CACHE)
                ? Path.of(get(Setting.CACHE)).toAbsolutePath().normalize()
                : root.resolve(".florin").resolve("cache");
    }

    /** Of each service. */
    int instances() {
        String text = get(Setting.INSTANCES);
        if (!text.matches("[1-" + MOST_INSTANCES + "]")) {
            throw new UsageException("The value of " + Setting.INSTANCES.option() + " is not a number from 1 to "
                    + MOST_INSTANCES + ": " + text + ".");
        }
        return Integer.parseInt(text);
    }

    PlatformPorts ports() {
        return ports(PlatformPorts.fixed());
    }

    /** The configured ports, and those of {@code others} where nothing is configured. */
    PlatformPorts ports(PlatformPorts others) {
        Map<Setting, Integer> defaults = others.bySetting();
        Map<Setting, Integer> ports = new LinkedHashMap<>();
        for (Map.Entry<Setting, Integer> entry : defaults.entrySet()) {
            int port = has(entry.getKey()) ? port(entry.getKey()) : entry.getValue();
            ports.forEach((setting, taken) -> {
                if (taken == port) {
                    throw new UsageException("Port " + port + " is given twice: change "
                            + entry.getKey().option() + " or " + setting.option() + ".");
                }
            });
            ports.put(entry.getKey(), port);
        }
        return new PlatformPorts(
                ports.get(Setting.AXON_SERVER_GRPC_PORT),
                ports.get(Setting.AXON_SERVER_HTTP_PORT),
                ports.get(Setting.ACCOUNT_COMMAND_FLNO_PORT),
                ports.get(Setting.ACCOUNT_COMMAND_FLSO_PORT),
                ports.get(Setting.TRANSFER_SAGA_PORT),
                ports.get(Setting.ACCOUNT_QUERY_PORT),
                ports.get(Setting.POSTGRESQL_PORT));
    }

    /** JDBC URLs of databases that live elsewhere, by database name. */
    Map<String, String> databaseUrls() {
        Map<String, String> urls = new LinkedHashMap<>();
        for (String database : DatabaseAccounts.DATABASES) {
            Setting setting = Setting.ofOption("--" + database.replace('_', '-') + "-database-url")
                    .orElseThrow();
            if (has(setting)) {
                urls.put(database, get(setting));
            }
        }
        return urls;
    }

    private int port(Setting setting) {
        String text = get(setting);
        int port = text.matches("[0-9]{1,5}") ? Integer.parseInt(text) : 0;
        if (port < 1 || port > 65_535) {
            throw new UsageException(
                    "The value of " + setting.option() + " is not a port between 1 and 65535: " + text + ".");
        }
        return port;
    }
}
