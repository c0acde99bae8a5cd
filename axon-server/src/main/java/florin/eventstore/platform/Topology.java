package florin.eventstore.platform;

import florin.eventstore.protocol.Names;
import florin.eventstore.protocol.Refusal;
import io.axoniq.axonserver.connector.ErrorCategory;
import io.axoniq.axonserver.grpc.control.CommandSubscription;
import io.axoniq.axonserver.grpc.control.QuerySubscription;
import io.axoniq.axonserver.grpc.control.TopologyChange;
import io.axoniq.axonserver.grpc.control.UpdateType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * Who handles which commands and queries, told to the clients that asked for it. One that does not read is not queued
 * for: when it reads again, it is told to forget everything and gets the present state. What handlers may subscribe is bounded.
 */
public final class Topology {
    private static final int MAX_SUBSCRIPTIONS = 10_000;
    private static final int MAX_RESULT_TYPES = 100;

    /** What a subscription takes besides its names, here and where messages find their handlers, roughly. */
    private static final int SUBSCRIPTION_BYTES = 400;

    private static final int RESULT_TYPE_BYTES = 150;
    /** Of what all handlers have subscribed together, in all contexts: an eighth of the heap. */
    private static final long MAX_BYTES = Runtime.getRuntime().maxMemory() / 8;

    private static final TopologyChange RESET =
            TopologyChange.newBuilder().setUpdateType(UpdateType.RESET_ALL).build();

    interface Subscriber {
        String context();

        /** False if the subscriber cannot take it now. */
        boolean notify(TopologyChange change);
    }

    private final Map<String, Set<TopologyChange>> present = new HashMap<>();
    private final Map<String, Set<Subscriber>> subscribers = new HashMap<>();
    private final Set<Subscriber> behind = new HashSet<>();
    private long bytes;

    /** The subscriptions of one handler's stream. */
    public final class Announcer {
        private final String context;
        private final String streamId = UUID.randomUUID().toString();
        private final Map<String, TopologyChange> announced = new HashMap<>();
        /** Of its queries, by their names. */
        private final Map<String, Set<String>> resultTypes = new HashMap<>();

        private Announcer(String context) {
            this.context = context;
        }

        public void command(String clientId, String component, String name, int loadFactor) {
            announce(
                    name,
                    change(clientId, component)
                            .setUpdateType(UpdateType.ADD_COMMAND_HANDLER)
                            .setCommand(CommandSubscription.newBuilder()
                                    .setName(name)
                                    .setLoadFactor(loadFactor))
                            .build());
        }

        public void query(String clientId, String component, String name, String resultType) {
            Names.check("name of a result", resultType);
            synchronized (Topology.this) {
                announce(
                        name,
                        change(clientId, component)
                                .setUpdateType(UpdateType.ADD_QUERY_HANDLER)
                                .setQuery(QuerySubscription.newBuilder().setName(name))
                                .build());
                Set<String> before = resultTypes.getOrDefault(name, Set.of());
                if (before.contains(resultType)) {
                    return;
                }
                if (before.size() >= MAX_RESULT_TYPES) {
                    throw tooMany("a handler has " + MAX_RESULT_TYPES + " types of results of a query at most");
                }
                count(bytes(resultType));
                Set<String> types = new HashSet<>(before);
                types.add(resultType);
                resultTypes.put(name, Set.copyOf(types));
            }
        }

        private TopologyChange.Builder change(String clientId, String component) {
            return TopologyChange.newBuilder()
                    .setContext(context)
                    .setClientId(clientId)
                    .setClientStreamId(streamId)
                    .setComponentName(component);
        }

        private void announce(String name, TopologyChange change) {
            Names.check("name of a command or query", name);
            Names.check("name of a client", change.getClientId());
            Names.check("name of a component", change.getComponentName());
            synchronized (Topology.this) {
                TopologyChange before = announced.get(name);
                if (change.equals(before)) {
                    return;
                }
                if (before == null && announced.size() >= MAX_SUBSCRIPTIONS) {
                    throw tooMany("a client handles " + MAX_SUBSCRIPTIONS + " messages at most");
                }
                count(bytes(change) - (before == null ? 0 : bytes(before)));
                announced.put(name, change);
                Set<TopologyChange> all = present.computeIfAbsent(context, key -> new LinkedHashSet<>());
                if (before != null) {
                    all.remove(before);
                }
                all.add(change);
                tell(context, change);
            }
        }

        /** One type of results of a query is no longer handled; true if there is no other one of it. */
        public boolean withdraw(String query, String resultType) {
            synchronized (Topology.this) {
                Set<String> types = new HashSet<>(resultTypes.getOrDefault(query, Set.of()));
                if (types.size() > 1 && types.remove(resultType)) {
                    bytes -= bytes(resultType);
                    resultTypes.put(query, Set.copyOf(types));
                } else if (types.contains(resultType)) {
                    withdraw(query);
                }
                return !announced.containsKey(query);
            }
        }

        public void withdraw(String name) {
            synchronized (Topology.this) {
                TopologyChange change = announced.remove(name);
                if (change == null) {
                    return;
                }
                bytes -= bytes(change);
                Set<String> types = resultTypes.remove(name);
                if (types != null) {
                    types.forEach(type -> bytes -= bytes(type));
                }
                Set<TopologyChange> all = present.get(context);
                all.remove(change);
                if (all.isEmpty()) {
                    present.remove(context);
                }
                UpdateType removal =
                        change.hasCommand() ? UpdateType.REMOVE_COMMAND_HANDLER : UpdateType.REMOVE_QUERY_HANDLER;
                tell(context, change.toBuilder().setUpdateType(removal).build());
            }
        }

        public void withdrawAll() {
            synchronized (Topology.this) {
                new ArrayList<>(announced.keySet()).forEach(this::withdraw);
            }
        }
    }

    private static Refusal tooMany(String message) {
        return Refusal.tooManyRequests(ErrorCategory.OTHER, message);
    }

    /** Refused, and not counted, if it would be too much. */
    private void count(long more) {
        if (more > 0 && bytes + more > MAX_BYTES) {
            throw tooMany("what handlers have subscribed takes " + MAX_BYTES + " bytes already");
        }
        bytes += more;
    }

    private static long bytes(TopologyChange change) {
        String name = change.hasCommand()
                ? change.getCommand().getName()
                : change.getQuery().getName();
        int characters = name.length()
                + change.getClientId().length()
                + change.getComponentName().length();
        return SUBSCRIPTION_BYTES + 2L * characters;
    }

    private static long bytes(String resultType) {
        return RESULT_TYPE_BYTES + 2L * resultType.length();
    }

    public Announcer announcer(String context) {
        return new Announcer(context);
    }

    private void tell(String context, TopologyChange change) {
        for (Subscriber subscriber : subscribers.getOrDefault(context, Set.of())) {
            if (!behind.contains(subscriber) && !subscriber.notify(change)) {
                behind.add(subscriber);
            }
        }
    }

    synchronized void subscribe(Subscriber subscriber) {
        subscribers
                .computeIfAbsent(subscriber.context(), key -> new LinkedHashSet<>())
                .add(subscriber);
        behind.add(subscriber);
        catchUp(subscriber);
    }

    synchronized void unsubscribe(Subscriber subscriber) {
        behind.remove(subscriber);
        subscribers.computeIfPresent(subscriber.context(), (context, all) -> {
            all.remove(subscriber);
            return all.isEmpty() ? null : all;
        });
    }

    /** The subscriber can take more: if it missed something, it gets everything. */
    synchronized void catchUp(Subscriber subscriber) {
        if (!behind.remove(subscriber)) {
            return;
        }
        List<TopologyChange> all = new ArrayList<>();
        all.add(RESET.toBuilder().setContext(subscriber.context()).build());
        all.addAll(present.getOrDefault(subscriber.context(), Set.of()));
        for (TopologyChange change : all) {
            if (!subscriber.notify(change)) {
                behind.add(subscriber);
                return;
            }
        }
    }
}
