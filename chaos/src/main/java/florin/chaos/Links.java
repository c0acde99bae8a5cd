package florin.chaos;

import florin.launcher.Platform;
import florin.launcher.PlatformConfiguration;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** A proxy between each service and the event store, and between each service and its database. */
final class Links implements AutoCloseable {
    private static final Map<String, String> DATABASES = new TreeMap<>(Map.of(
            Platform.ACCOUNT_COMMAND_FLNO, "account_flno",
            Platform.ACCOUNT_COMMAND_FLSO, "account_flso",
            Platform.TRANSFER_SAGA, "transfer_saga",
            Platform.ACCOUNT_QUERY, "account_query"));

    /** Shorter than the longest stall, so that lost connections are noticed within a run, and some that are not lost. */
    private static final String DATABASE_TIMEOUT_SECONDS = "10";

    private final int instances;
    private final Map<String, Link> byName = new LinkedHashMap<>();

    /** Opens the proxies: before the platform chooses its ports, so that those are others. */
    Links(int instances) {
        this.instances = instances;
        services(instances).forEach(service -> {
            for (String server : List.of(Platform.AXON_SERVER, Platform.POSTGRESQL)) {
                String name = Link.name(service, server);
                byName.put(name, new Link(name, service, new TcpProxy()));
            }
        });
    }

    /** Every instance of every service, in an order that never changes, so that a seed means the same. */
    static List<String> services(int instances) {
        return DATABASES.keySet().stream()
                .flatMap(service -> Platform.instances(service, instances).stream())
                .toList();
    }

    /** Every link, in an order that never changes. */
    static List<String> names(int instances) {
        return services(instances).stream()
                .flatMap(service ->
                        Stream.of(Link.name(service, Platform.AXON_SERVER), Link.name(service, Platform.POSTGRESQL)))
                .toList();
    }

    /** The same configuration, with each service going through its own proxies. */
    PlatformConfiguration between(PlatformConfiguration configuration) {
        Map<String, Map<String, String>> environment = new LinkedHashMap<>(configuration.environment());
        DATABASES.forEach(
                (service, database) -> Platform.instances(service, instances).forEach(process -> {
                    TcpProxy events =
                            get(Link.name(process, Platform.AXON_SERVER)).proxy();
                    TcpProxy rows = get(Link.name(process, Platform.POSTGRESQL)).proxy();
                    events.to(configuration.ports().axonServerGrpc());
                    rows.to(configuration.ports().postgresql());
                    Map<String, String> variables = new LinkedHashMap<>(environment.getOrDefault(service, Map.of()));
                    variables.put("FLORIN_DATABASE_TIMEOUT", DATABASE_TIMEOUT_SECONDS);
                    variables.put("AXON_AXONSERVER_SERVERS", "localhost:" + events.port());
                    variables.put(
                            "SPRING_DATASOURCE_URL", "jdbc:postgresql://127.0.0.1:" + rows.port() + "/" + database);
                    environment.put(process, variables);
                }));
        return configuration.withEnvironment(environment);
    }

    Link get(String name) {
        return byName.get(name);
    }

    /** Bytes pass everywhere. */
    void flow() {
        byName.values().forEach(link -> link.proxy().flow());
    }

    /** Servers are told of connections that were lost so long ago. */
    void endLost(Duration ago) {
        byName.values().forEach(link -> link.proxy().endLost(ago));
    }

    @Override
    public void close() {
        byName.values().forEach(link -> link.proxy().close());
    }
}
