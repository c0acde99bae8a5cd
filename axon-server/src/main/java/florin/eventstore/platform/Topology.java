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
 * for: when it reads again, it is told to forget everything and gets the present state.
 */
public final class Topology {
    private static final int MAX_SUBSCRIPTIONS = 10_000;
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

    /** The subscriptions of one handler's stream. */
    public final class Announcer {
        private final String context;
        private final String streamId = UUID.randomUUID().toString();
        private final Map<String, TopologyChange> announced = new HashMap<>();

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

        public void query(String clientId, String component, String name) {
            announce(
                    name,
                    change(clientId, component)
                            .setUpdateType(UpdateType.ADD_QUERY_HANDLER)
                            .setQuery(QuerySubscription.newBuilder().setName(name))
                            .build());
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
                if (announced.size() >= MAX_SUBSCRIPTIONS && !announced.containsKey(name)) {
                    throw Refusal.tooManyRequests(
                            ErrorCategory.OTHER, "a client handles " + MAX_SUBSCRIPTIONS + " messages at most");
                }
                TopologyChange before = announced.put(name, change);
                if (change.equals(before)) {
                    return;
                }
                Set<TopologyChange> all = present.computeIfAbsent(context, key -> new LinkedHashSet<>());
                if (before != null) {
                    all.remove(before);
                }
                all.add(change);
                tell(context, change);
            }
        }

        public void withdraw(String name) {
            synchronized (Topology.this) {
                TopologyChange change = announced.remove(name);
                if (change == null) {
                    return;
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
