package florin.eventstore.http;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import florin.eventstore.platform.EventProcessors;
import florin.eventstore.platform.EventProcessors.Instance;
import florin.eventstore.platform.EventProcessors.ProcessorKey;
import florin.eventstore.platform.EventProcessors.Selector;
import florin.eventstore.protocol.ContextHeader;
import florin.eventstore.protocol.Refusal;
import florin.eventstore.security.Role;
import io.axoniq.axonserver.grpc.control.EventProcessorInfo;
import io.axoniq.axonserver.grpc.control.EventProcessorInfo.SegmentStatus;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** Shows and steers the event processors of connected clients; a PATCH answers when the clients have reported success. */
public final class ProcessorEndpoints {
    private static final String PROCESSORS = "/v1/components/{component}/processors";

    private final EventProcessors processors;

    public ProcessorEndpoints(EventProcessors processors) {
        this.processors = processors;
    }

    void addTo(Routes routes) {
        routes.add("GET", PROCESSORS, this::list);
        patch(routes, "pause", processors::pause);
        patch(routes, "start", processors::start);
        patch(routes, "segments/split", processors::split);
        patch(routes, "segments/merge", processors::merge);
        routes.addAsync("PATCH", PROCESSORS + "/{processor}/segments/{segment}/move", this::move);
    }

    private static void patch(Routes routes, String action, Function<Selector, CompletableFuture<Void>> instruction) {
        routes.addAsync("PATCH", PROCESSORS + "/{processor}/" + action, request -> instruction
                .apply(steered(request))
                .thenApply(done -> Response.DONE));
    }

    private CompletableFuture<Response> move(Request request) {
        Selector selector = steered(request);
        int segment;
        try {
            segment = Integer.parseInt(request.path().get("segment"));
        } catch (NumberFormatException e) {
            throw Refusal.invalid("not a segment: " + request.path().get("segment"));
        }
        String target = request.parameter("target", "");
        if (target.isEmpty()) {
            throw Refusal.invalid("the parameter target must name the client that gets the segment");
        }
        return processors.move(selector, segment, target).thenApply(done -> Response.DONE);
    }

    private static Selector steered(Request request) {
        Selector selector = selector(request, request.path().get("processor"));
        request.caller().require(selector.context(), Role.CONTEXT_ADMIN, Role.ADMIN);
        return selector;
    }

    private static Selector selector(Request request, String processor) {
        return new Selector(
                request.parameter("context", ContextHeader.DEFAULT_CONTEXT),
                request.path().get("component"),
                processor,
                request.parameter("tokenStoreIdentifier", ""));
    }

    private Response list(Request request) {
        Selector selector = selector(request, "");
        request.caller().require(selector.context(), Role.MONITOR, Role.CONTEXT_ADMIN, Role.ADMIN);
        Map<ProcessorKey, List<Instance>> byProcessor = new LinkedHashMap<>();
        for (Instance instance : processors.find(selector)) {
            byProcessor
                    .computeIfAbsent(instance.key(), key -> new ArrayList<>())
                    .add(instance);
        }
        JsonArray all = new JsonArray();
        byProcessor.forEach((key, instances) -> all.add(describe(key, instances)));
        return Response.json(all);
    }

    private static JsonObject describe(ProcessorKey key, List<Instance> instances) {
        EventProcessorInfo first = instances.get(0).info();
        boolean running =
                instances.stream().anyMatch(instance -> instance.info().getRunning());
        boolean stopped =
                instances.stream().anyMatch(instance -> !instance.info().getRunning());
        JsonObject processor = new JsonObject();
        processor.addProperty("name", key.name());
        processor.addProperty("context", key.context());
        processor.addProperty("tokenStoreIdentifier", key.tokenStore());
        processor.addProperty("mode", first.getMode());
        processor.addProperty("isStreaming", first.getIsStreamingProcessor());
        processor.addProperty(
                "activeThreads",
                instances.stream()
                        .mapToInt(instance -> instance.info().getActiveThreads())
                        .sum());
        processor.addProperty("canPlay", stopped);
        processor.addProperty("canPause", running);
        processor.addProperty("canSplit", running && first.getIsStreamingProcessor());
        processor.addProperty("canMerge", running && first.getIsStreamingProcessor());
        JsonArray clients = new JsonArray();
        JsonArray trackers = new JsonArray();
        for (Instance instance : instances) {
            JsonObject client = new JsonObject();
            client.addProperty("clientId", instance.clientId());
            client.addProperty("running", instance.info().getRunning());
            client.addProperty("error", instance.info().getError());
            clients.add(client);
            instance.info().getSegmentStatusList().forEach(segment -> trackers.add(describe(instance, segment)));
        }
        processor.add("clients", clients);
        processor.add("trackers", trackers);
        return processor;
    }

    private static JsonObject describe(Instance instance, SegmentStatus segment) {
        JsonObject tracker = new JsonObject();
        tracker.addProperty("clientId", instance.clientId());
        tracker.addProperty("segmentId", segment.getSegmentId());
        tracker.addProperty("onePartOf", segment.getOnePartOf());
        tracker.addProperty("tokenPosition", segment.getTokenPosition());
        tracker.addProperty("caughtUp", segment.getCaughtUp());
        tracker.addProperty("replaying", segment.getReplaying());
        tracker.addProperty("errorState", segment.getErrorState());
        return tracker;
    }
}
