package florin.eventstore.platform;

import florin.eventstore.protocol.Names;
import florin.eventstore.protocol.Refusal;
import io.axoniq.axonserver.grpc.control.EventProcessorInfo;
import io.axoniq.axonserver.grpc.control.EventProcessorInfo.SegmentStatus;
import io.axoniq.axonserver.grpc.control.EventProcessorReference;
import io.axoniq.axonserver.grpc.control.EventProcessorSegmentReference;
import io.axoniq.axonserver.grpc.control.PlatformOutboundInstruction;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The event processors of connected clients: what they report, and instructions that complete when they were done. */
public final class EventProcessors {
    /** No balancing: segments stay where clients claim them. */
    public static final String NO_BALANCING = "default";

    /** As many segments at each client, as far as each has threads for them. */
    public static final String BY_THREADS = "threadNumber";

    private static final Logger LOG = LoggerFactory.getLogger(EventProcessors.class);
    private static final int MAX_BALANCED = 10_000;
    private static final long BALANCE_SECONDS = 15;

    /** A processor that may run at many clients; the same name with another token store is another one. */
    public record ProcessorKey(String context, String name, String tokenStore) {}

    /** A processor as one client reported it last. */
    public record Instance(String context, String component, String clientId, EventProcessorInfo info) {
        public ProcessorKey key() {
            return new ProcessorKey(context, info.getProcessorName(), info.getTokenStoreIdentifier());
        }
    }

    /** Which processors are meant: empty texts mean any. */
    public record Selector(String context, String component, String name, String tokenStore) {
        private boolean matches(Instance instance) {
            return instance.context().equals(context)
                    && (component.isEmpty() || instance.component().equals(component))
                    && (name.isEmpty() || instance.info().getProcessorName().equals(name))
                    && (tokenStore.isEmpty()
                            || instance.info().getTokenStoreIdentifier().equals(tokenStore));
        }
    }

    private record Running(ConnectedClient client, Instance instance) {}

    private record Part(Running owner, SegmentStatus segment) {}

    private final ReportedProcessors reports;
    private final Map<ProcessorKey, String> strategies = new ConcurrentHashMap<>();

    public EventProcessors(PlatformRpc platform, ScheduledExecutorService timer) {
        reports = platform.reports();
        // The timer ends with the node.
        var unused = timer.scheduleWithFixedDelay(this::balanceAll, BALANCE_SECONDS, BALANCE_SECONDS, TimeUnit.SECONDS);
    }

    /**
     * The processors of a context, each as its instances at clients, in the order of their names; found as they are read, each as it
     * is then.
     *
     * @param component whose clients are meant; of any component if it is empty
     */
    public Stream<List<Instance>> list(String context, String component) {
        return names(context).flatMap(name -> {
            Map<String, List<Instance>> byTokenStore = new TreeMap<>();
            for (Running running : running(new Selector(context, component, name, ""), name)) {
                Instance instance = running.instance();
                byTokenStore
                        .computeIfAbsent(instance.info().getTokenStoreIdentifier(), store -> new ArrayList<>())
                        .add(instance);
            }
            return byTokenStore.values().stream();
        });
    }

    private Stream<String> names(String context) {
        return Stream.iterate(reports.firstName(context), Objects::nonNull, name -> reports.nameAfter(context, name));
    }

    private List<Running> running(Selector selector) {
        if (!selector.name().isEmpty()) {
            return running(selector, selector.name());
        }
        return names(selector.context())
                .flatMap(name -> running(selector, name).stream())
                .toList();
    }

    private List<Running> running(Selector selector, String name) {
        List<Running> found = new ArrayList<>();
        for (ConnectedClient client : reports.clients(selector.context(), name)) {
            EventProcessorInfo info = client.processor(name);
            if (info != null) {
                Instance instance = new Instance(client.context(), client.component(), client.clientId(), info);
                if (selector.matches(instance)) {
                    found.add(new Running(client, instance));
                }
            }
        }
        found.sort(Comparator.comparing(running -> running.instance().clientId()));
        return found;
    }

    private List<Running> present(Selector selector) {
        List<Running> found = running(selector);
        if (found.isEmpty()) {
            throw Refusal.notFound("no connected client"
                    + (selector.component().isEmpty() ? "" : " of " + selector.component()) + " has a processor "
                    + selector.name());
        }
        return found;
    }

    public CompletableFuture<Void> pause(Selector selector) {
        return all(present(selector), instruction().setPauseEventProcessor(reference(selector)));
    }

    public CompletableFuture<Void> start(Selector selector) {
        return all(present(selector), instruction().setStartEventProcessor(reference(selector)));
    }

    /** Splits the largest segment that is claimed. */
    public CompletableFuture<Void> split(Selector selector) {
        Part largest = part(selector, Comparator.comparingInt(SegmentStatus::getOnePartOf));
        return largest.owner()
                .client()
                .instruct(instruction()
                        .setSplitEventProcessorSegment(
                                segment(selector, largest.segment().getSegmentId()))
                        .build());
    }

    /** Merges the smallest segment that is claimed with its other half, which other clients let go first. */
    public CompletableFuture<Void> merge(Selector selector) {
        Part smallest = part(
                selector, Comparator.comparingInt(SegmentStatus::getOnePartOf).reversed());
        int identifier = smallest.segment().getSegmentId();
        int otherHalf = identifier ^ (smallest.segment().getOnePartOf() >>> 1);
        List<Running> others = present(selector).stream()
                .filter(running -> running.client() != smallest.owner().client())
                .filter(running -> running.instance().info().getSegmentStatusList().stream()
                        .anyMatch(status -> status.getSegmentId() == otherHalf))
                .toList();
        return all(others, instruction().setReleaseSegment(segment(selector, otherHalf)))
                .thenCompose(released -> smallest.owner()
                        .client()
                        .instruct(instruction()
                                .setMergeEventProcessorSegment(segment(selector, identifier))
                                .build()));
    }

    /** Moves a segment to a client: all the others let it go and leave it alone for a while. */
    public CompletableFuture<Void> move(Selector selector, int segment, String target) {
        List<Running> present = present(selector);
        if (present.stream().noneMatch(running -> running.instance().clientId().equals(target))) {
            throw Refusal.invalid("processor " + selector.name() + " does not run at client " + target);
        }
        return all(
                present.stream()
                        .filter(running -> !running.instance().clientId().equals(target))
                        .toList(),
                instruction().setReleaseSegment(segment(selector, segment)));
    }

    private static CompletableFuture<Void> all(List<Running> clients, PlatformOutboundInstruction.Builder instruction) {
        PlatformOutboundInstruction built = instruction.build();
        return CompletableFuture.allOf(clients.stream()
                .map(running -> running.client().instruct(built))
                .toArray(CompletableFuture[]::new));
    }

    private Part part(Selector selector, Comparator<SegmentStatus> first) {
        return present(selector).stream()
                .flatMap(running -> running.instance().info().getSegmentStatusList().stream()
                        .map(segment -> new Part(running, segment)))
                .min(Comparator.comparing(Part::segment, first))
                .orElseThrow(
                        () -> Refusal.invalid("no connected client has a segment of processor " + selector.name()));
    }

    public String strategy(ProcessorKey processor) {
        return strategies.getOrDefault(processor, NO_BALANCING);
    }

    /** Balances once, as the strategy says. */
    public CompletableFuture<Void> balance(Selector selector, String strategy) {
        validate(strategy);
        return strategy.equals(NO_BALANCING)
                ? CompletableFuture.completedFuture(null)
                : even(selector, present(selector));
    }

    /** Balances from now on, until this node stops; those that no client has any more make room for others. */
    public void balanceAutomatically(Selector selector, String strategy) {
        validate(strategy);
        List<Running> present = present(selector);
        if (strategies.size() + present.size() > MAX_BALANCED) {
            strategies.keySet().removeIf(balanced -> running(selector(balanced)).isEmpty());
        }
        for (Running running : present) {
            ProcessorKey key = running.instance().key();
            Names.check("name of an event processor", key.name());
            Names.check("identifier of a token store", key.tokenStore());
            if (strategy.equals(NO_BALANCING)) {
                strategies.remove(key);
            } else if (strategies.size() < MAX_BALANCED || strategies.containsKey(key)) {
                strategies.put(key, strategy);
            } else {
                throw Refusal.invalid("no more than " + MAX_BALANCED + " processors can be balanced");
            }
        }
    }

    private static Selector selector(ProcessorKey processor) {
        return new Selector(processor.context(), "", processor.name(), processor.tokenStore());
    }

    private static void validate(String strategy) {
        if (!strategy.equals(NO_BALANCING) && !strategy.equals(BY_THREADS)) {
            throw Refusal.invalid(
                    "unknown strategy " + strategy + "; there are " + NO_BALANCING + " and " + BY_THREADS);
        }
    }

    private void balanceAll() {
        for (ProcessorKey key : strategies.keySet()) {
            try {
                Selector selector = selector(key);
                var unused = even(selector, running(selector)).exceptionally(failure -> {
                    LOG.warn(
                            "Processor {} could not be balanced: {}",
                            Names.forLog(key.name()),
                            Names.forLog(String.valueOf(failure.getMessage())));
                    return null;
                });
            } catch (RuntimeException e) {
                LOG.warn("Processor {} could not be balanced", Names.forLog(key.name()), e);
            }
        }
    }

    private CompletableFuture<Void> even(Selector selector, List<Running> clients) {
        Map<Running, List<Integer>> segments = new LinkedHashMap<>();
        for (Running running : clients) {
            if (running.instance().info().getRunning()) {
                segments.put(
                        running,
                        new ArrayList<>(running.instance().info().getSegmentStatusList().stream()
                                .map(SegmentStatus::getSegmentId)
                                .toList()));
            }
        }
        List<CompletableFuture<Void>> moves = new ArrayList<>();
        while (true) {
            Comparator<Map.Entry<Running, List<Integer>>> bySize =
                    Comparator.comparingInt(entry -> entry.getValue().size());
            var richest = segments.entrySet().stream().max(bySize);
            var poorest = segments.entrySet().stream()
                    .filter(entry -> entry.getValue().size()
                            < capacity(entry.getKey().instance().info()))
                    .min(bySize);
            if (richest.isEmpty()
                    || poorest.isEmpty()
                    || richest.get().getValue().size()
                                    - poorest.get().getValue().size()
                            <= 1) {
                return CompletableFuture.allOf(moves.toArray(CompletableFuture[]::new));
            }
            Integer moved = richest.get().getValue().remove(0);
            poorest.get().getValue().add(moved);
            moves.add(move(selector, moved, poorest.get().getKey().instance().clientId()));
        }
    }

    /** How many segments a client has threads for. */
    static int capacity(EventProcessorInfo info) {
        return info.getActiveThreads() + info.getAvailableThreads();
    }

    private static PlatformOutboundInstruction.Builder instruction() {
        return PlatformOutboundInstruction.newBuilder();
    }

    private static EventProcessorReference reference(Selector selector) {
        return EventProcessorReference.newBuilder()
                .setProcessorName(selector.name())
                .build();
    }

    private static EventProcessorSegmentReference segment(Selector selector, int segment) {
        return EventProcessorSegmentReference.newBuilder()
                .setProcessorName(selector.name())
                .setSegmentIdentifier(segment)
                .build();
    }
}
