package florin.eventstore.platform;

import florin.eventstore.protocol.Names;
import florin.eventstore.protocol.Refusal;
import io.axoniq.axonserver.connector.ErrorCategory;
import io.axoniq.axonserver.grpc.control.CommandSubscription;
import io.axoniq.axonserver.grpc.control.QuerySubscription;
import io.axoniq.axonserver.grpc.control.TopologyChange;
import io.axoniq.axonserver.grpc.control.UpdateType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

/**
 * Who handles which commands and queries, told to the clients that asked for it. Nothing is queued for one that does not read: when
 * it reads again it gets what it has not seen yet, and if it missed that a handler left, it is told to forget everything, and
 * gets the present state. What handlers may subscribe is bounded.
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

    /** Before the number of any subscription. */
    private static final long NOTHING = 0;
    /** What it has seen it is to forget. */
    private static final long RESET_NEEDED = -1;

    /** A handler's subscription; the later it came, the higher its number. */
    private record Subscription(long number, TopologyChange change) {}

    /** By their numbers. */
    private final Map<String, NavigableMap<Long, TopologyChange>> present = new HashMap<>();
    /** Up to which subscription each was told. */
    private final Map<String, Map<Subscriber, Long>> subscribers = new HashMap<>();

    private long lastNumber = NOTHING;
    private long bytes;

    /** The subscriptions of one handler's stream. */
    public final class Announcer {
        private final String context;
        private final String streamId = UUID.randomUUID().toString();
        private final Map<String, Subscription> announced = new HashMap<>();
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
                Subscription before = announced.get(name);
                if (before != null && change.equals(before.change())) {
                    return;
                }
                if (before == null && announced.size() >= MAX_SUBSCRIPTIONS) {
                    throw tooMany("a client handles " + MAX_SUBSCRIPTIONS + " messages at most");
                }
                count(bytes(change) - (before == null ? 0 : bytes(before.change())));
                NavigableMap<Long, TopologyChange> all = present.computeIfAbsent(context, key -> new TreeMap<>());
                if (before != null) {
                    all.remove(before.number());
                }
                lastNumber++;
                announced.put(name, new Subscription(lastNumber, change));
                all.put(lastNumber, change);
                List.copyOf(subscribers.getOrDefault(context, Map.of()).keySet())
                        .forEach(Topology.this::catchUp);
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
                Subscription subscription = announced.remove(name);
                if (subscription == null) {
                    return;
                }
                bytes -= bytes(subscription.change());
                Set<String> types = resultTypes.remove(name);
                if (types != null) {
                    types.forEach(type -> bytes -= bytes(type));
                }
                Map<Long, TopologyChange> all = present.get(context);
                all.remove(subscription.number());
                if (all.isEmpty()) {
                    present.remove(context);
                }
                tellRemoved(subscription);
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

    private void tellRemoved(Subscription subscription) {
        TopologyChange change = subscription.change();
        TopologyChange removal = change.toBuilder()
                .setUpdateType(
                        change.hasCommand() ? UpdateType.REMOVE_COMMAND_HANDLER : UpdateType.REMOVE_QUERY_HANDLER)
                .build();
        Map<Subscriber, Long> all = subscribers.get(change.getContext());
        if (all != null) {
            all.replaceAll((subscriber, told) ->
                    told < subscription.number() || subscriber.notify(removal) ? told : RESET_NEEDED);
        }
    }

    synchronized void subscribe(Subscriber subscriber) {
        subscribers
                .computeIfAbsent(subscriber.context(), key -> new LinkedHashMap<>())
                .put(subscriber, RESET_NEEDED);
        catchUp(subscriber);
    }

    synchronized void unsubscribe(Subscriber subscriber) {
        subscribers.computeIfPresent(subscriber.context(), (context, all) -> {
            all.remove(subscriber);
            return all.isEmpty() ? null : all;
        });
    }

    /** The subscriber can take more: it gets what it was not told yet, as far as it reads. */
    synchronized void catchUp(Subscriber subscriber) {
        Map<Subscriber, Long> told = subscribers.get(subscriber.context());
        if (told == null || !told.containsKey(subscriber)) {
            return;
        }
        long last = told.get(subscriber);
        if (last == RESET_NEEDED
                && subscriber.notify(
                        RESET.toBuilder().setContext(subscriber.context()).build())) {
            last = NOTHING;
        }
        if (last != RESET_NEEDED) {
            NavigableMap<Long, TopologyChange> all =
                    present.getOrDefault(subscriber.context(), Collections.emptyNavigableMap());
            for (Map.Entry<Long, TopologyChange> next : all.tailMap(last, false).entrySet()) {
                if (!subscriber.notify(next.getValue())) {
                    break;
                }
                last = next.getKey();
            }
        }
        told.put(subscriber, last);
    }
}
