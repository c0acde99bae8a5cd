package florin.eventstore;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;

/**
 * A properties file with the same keys as the command line's options, and the applications of the access control.
 *
 * @param arguments what the file says, as options
 * @param applications the settings whose keys start with {@code application.}
 */
record ConfigurationFile(List<String> arguments, Map<String, String> applications) {
    static final ConfigurationFile NONE = new ConfigurationFile(List.of(), Map.of());

    static ConfigurationFile read(Path file, Set<String> switches) {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            properties.load(reader);
        } catch (IOException e) {
            throw new IllegalArgumentException("cannot read the configuration file " + file + ": " + e.getMessage(), e);
        }
        List<String> arguments = new ArrayList<>();
        Map<String, String> applications = new TreeMap<>();
        for (String key : properties.stringPropertyNames()) {
            String value = properties.getProperty(key).strip();
            String option = "--" + key;
            if (key.startsWith("application.")) {
                applications.put(key, value);
            } else if (key.equals("config")) {
                throw new IllegalArgumentException(
                        "the configuration file " + file + " cannot name another one (config=" + value + ")");
            } else if (!switches.contains(option)) {
                arguments.add(option);
                arguments.add(value);
            } else if (value.equals("true")) {
                arguments.add(option);
            } else if (!value.equals("false")) {
                throw new IllegalArgumentException(key + " is true or false, not " + value);
            }
        }
        return new ConfigurationFile(arguments, applications);
    }
}
