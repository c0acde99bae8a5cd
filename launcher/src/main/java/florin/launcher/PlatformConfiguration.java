package florin.launcher;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * How to start a platform.
 *
 * @param root the repository, with each module's jar in its {@code target} folder
 * @param data folder of data, logs and passwords
 * @param cache folder of unpacked programs and class-data archives, shared by all platforms
 * @param furtherInstances ports of each further instance of each branch, transfer-saga and account-query; empty: one of each
 * @param databaseUrls JDBC URLs of databases that live on another server, by database name
 * @param environment variables of services by their names, which win over what the platform sets itself
 * @param writesArchives whether processes write missing class-data archives when they stop, which takes them some time
 * @param isBrief whether it runs for some minutes only: programs then start faster, and are never compiled for speed
 * @param progress told one line at a time what happens
 */
public record PlatformConfiguration(
        Path root,
        Path data,
        Path cache,
        PlatformPorts ports,
        List<PlatformPorts> furtherInstances,
        Map<String, String> databaseUrls,
        Map<String, Map<String, String>> environment,
        boolean writesArchives,
        boolean isBrief,
        Consumer<String> progress) {

    /** A platform on free ports that reports nothing. */
    public static PlatformConfiguration of(Path root, Path data) {
        Path cache = root.resolve(".florin").resolve("cache");
        return new PlatformConfiguration(
                root, data, cache, PlatformPorts.free(), List.of(), Map.of(), Map.of(), true, true, line -> {});
    }

    /** The same with so many instances of each service, the further ones on other free ports. */
    public PlatformConfiguration withInstances(int number) {
        return with(ports.freeOthers(number - 1), databaseUrls, environment, progress);
    }

    /** The same with one database elsewhere. */
    public PlatformConfiguration withDatabaseUrl(String database, String url) {
        return with(furtherInstances, Map.of(database, url), environment, progress);
    }

    /** The same with other variables for services. */
    public PlatformConfiguration withEnvironment(Map<String, Map<String, String>> variables) {
        return with(furtherInstances, databaseUrls, variables, progress);
    }

    /** The same with another listener. */
    public PlatformConfiguration withProgress(Consumer<String> listener) {
        return with(furtherInstances, databaseUrls, environment, listener);
    }

    private PlatformConfiguration with(
            List<PlatformPorts> others,
            Map<String, String> urls,
            Map<String, Map<String, String>> variables,
            Consumer<String> listener) {
        return new PlatformConfiguration(
                root, data, cache, ports, others, urls, variables, writesArchives, isBrief, listener);
    }
}
