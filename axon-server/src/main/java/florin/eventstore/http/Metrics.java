package florin.eventstore.http;

import florin.eventstore.platform.PlatformRpc;
import florin.eventstore.protocol.ConnectionLimit;
import florin.eventstore.routing.CommandRpc;
import florin.eventstore.routing.QueryRpc;
import florin.eventstore.storage.Contexts;
import florin.eventstore.storage.EventStorage;
import java.util.Set;
import java.util.function.ToLongFunction;

/** The node's figures in the text format of Prometheus; the names follow those of Axon Server where it has them. */
public final class Metrics {
    private final Contexts contexts;
    private final CommandRpc commands;
    private final QueryRpc queries;
    private final PlatformRpc platform;
    private final ConnectionLimit connections;

    public Metrics(
            Contexts contexts,
            CommandRpc commands,
            QueryRpc queries,
            PlatformRpc platform,
            ConnectionLimit connections) {
        this.contexts = contexts;
        this.commands = commands;
        this.queries = queries;
        this.platform = platform;
        this.connections = connections;
    }

    String text() {
        StringBuilder text = new StringBuilder();
        add(text, "axon_commands_throughput_count", "counter", "Commands dispatched.", commands.dispatched());
        add(text, "axon_commands_saturation_queued_count", "gauge", "Commands that wait.", commands.waiting());
        add(text, "axon_commands_saturation_active_count", "gauge", "Commands at handlers.", commands.inFlight());
        add(text, "axon_queries_throughput_count", "counter", "Queries dispatched.", queries.dispatched());
        add(text, "axon_queries_saturation_queued_count", "gauge", "Queries that wait.", queries.waiting());
        add(text, "axon_queries_saturation_active_count", "gauge", "Queries at handlers.", queries.inFlight());
        add(text, "axon_clients_connected_count", "gauge", "Clients connected.", platform.connections());
        add(text, "axon_connections_open_count", "gauge", "gRPC connections.", connections.open());
        addPerContext(text, "axon_events_count", "counter", "Events stored.", store -> store.lastIndex() + 1);
        addPerContext(text, "axon_last_token", "gauge", "Index of the last event.", EventStorage::lastIndex);
        addPerContext(
                text,
                "axon_appends_queued_count",
                "gauge",
                "Transactions that wait to be written.",
                EventStorage::waitingWrites);
        Set<String> hindered = contexts.hindrances().keySet();
        Set<String> names = contexts.names();
        names.addAll(hindered);
        head(text, "axon_context_up", "gauge", "1 if the context is read and written, 0 if something hinders that.");
        names.forEach(context -> line(text, "axon_context_up", context, hindered.contains(context) ? 0 : 1));
        return text.toString();
    }

    private static void add(StringBuilder text, String name, String type, String help, long value) {
        head(text, name, type, help);
        text.append(name).append(' ').append(value).append('\n');
    }

    private void addPerContext(
            StringBuilder text, String name, String type, String help, ToLongFunction<EventStorage> value) {
        head(text, name, type, help);
        contexts.all().forEach((context, store) -> {
            if (!store.isClosed()) {
                line(text, name, context, value.applyAsLong(store));
            }
        });
    }

    private static void line(StringBuilder text, String name, String context, long value) {
        text.append(name)
                .append("{context=\"")
                .append(context)
                .append("\"} ")
                .append(value)
                .append('\n');
    }

    private static void head(StringBuilder text, String name, String type, String help) {
        text.append("# HELP ").append(name).append(' ').append(help).append('\n');
        text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
    }
}
