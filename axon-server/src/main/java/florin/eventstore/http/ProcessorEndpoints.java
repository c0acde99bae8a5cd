package florin.eventstore.http;

import com.google.gson.stream.JsonWriter;
import florin.eventstore.platform.EventProcessors;
import florin.eventstore.platform.EventProcessors.Instance;
import florin.eventstore.platform.EventProcessors.ProcessorKey;
import florin.eventstore.platform.EventProcessors.Selector;
import florin.eventstore.protocol.ContextHeader;
import florin.eventstore.protocol.Refusal;
import florin.eventstore.security.Role;
import io.axoniq.axonserver.grpc.control.EventProcessorInfo;
import io.axoniq.axonserver.grpc.control.EventProcessorInfo.SegmentStatus;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
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
        return Response.json(json -> {
            json.beginArray();
            Iterator<List<Instance>> listed =
                    processors.list(selector.context(), selector.component()).iterator();
            while (listed.hasNext()) {
                describe(listed.next(), json);
            }
            json.endArray();
        });
    }

    private static void describe(List<Instance> instances, JsonWriter json) throws IOException {
        ProcessorKey key = instances.get(0).key();
        EventProcessorInfo first = instances.get(0).info();
        boolean running =
                instances.stream().anyMatch(instance -> instance.info().getRunning());
        boolean stopped =
                instances.stream().anyMatch(instance -> !instance.info().getRunning());
        json.beginObject();
        json.name("name").value(key.name());
        json.name("context").value(key.context());
        json.name("tokenStoreIdentifier").value(key.tokenStore());
        json.name("mode").value(first.getMode());
        json.name("isStreaming").value(first.getIsStreamingProcessor());
        json.name("activeThreads")
                .value(instances.stream()
                        .mapToInt(instance -> instance.info().getActiveThreads())
                        .sum());
        json.name("canPlay").value(stopped);
        json.name("canPause").value(running);
        json.name("canSplit").value(running && first.getIsStreamingProcessor());
        json.name("canMerge").value(running && first.getIsStreamingProcessor());
        json.name("clients").beginArray();
        for (Instance instance : instances) {
            json.beginObject();
            json.name("clientId").value(instance.clientId());
            json.name("running").value(instance.info().getRunning());
            json.name("error").value(instance.info().getError());
            json.endObject();
        }
        json.endArray();
        json.name("trackers").beginArray();
        for (Instance instance : instances) {
            for (SegmentStatus segment : instance.info().getSegmentStatusList()) {
                describe(instance, segment, json);
            }
        }
        json.endArray();
        json.endObject();
    }

    private static void describe(Instance instance, SegmentStatus segment, JsonWriter json) throws IOException {
        json.beginObject();
        json.name("clientId").value(instance.clientId());
        json.name("segmentId").value(segment.getSegmentId());
        json.name("onePartOf").value(segment.getOnePartOf());
        json.name("tokenPosition").value(segment.getTokenPosition());
        json.name("caughtUp").value(segment.getCaughtUp());
        json.name("replaying").value(segment.getReplaying());
        json.name("errorState").value(segment.getErrorState());
        json.endObject();
    }
}
