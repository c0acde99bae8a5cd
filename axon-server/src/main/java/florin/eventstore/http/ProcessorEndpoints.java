package florin.eventstore.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import florin.eventstore.platform.PlatformRpc;
import florin.eventstore.platform.PlatformRpc.ReportedProcessor;
import florin.eventstore.protocol.ContextHeader;
import florin.eventstore.protocol.Refusal;
import io.axoniq.axonserver.grpc.control.EventProcessorInfo;
import io.axoniq.axonserver.grpc.control.EventProcessorInfo.SegmentStatus;
import io.axoniq.axonserver.grpc.control.EventProcessorReference;
import io.axoniq.axonserver.grpc.control.EventProcessorSegmentReference;
import io.axoniq.axonserver.grpc.control.PlatformOutboundInstruction;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;

/** Shows and steers the event processors of connected clients, on Axon Server's paths below /v1/components/. */
final class ProcessorEndpoints implements HttpHandler {
    private record Part(ReportedProcessor owner, SegmentStatus segment) {}

    private final PlatformRpc platform;

    ProcessorEndpoints(PlatformRpc platform) {
        this.platform = platform;
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            try {
                answer(exchange);
            } catch (Refusal | CompletionException e) {
                String message = Refusal.from(e).getMessage();
                HttpEndpoints.answer(exchange, 400, "{\"error\":" + quote(message) + "}");
            }
        }
    }

    private void answer(HttpExchange exchange) throws IOException {
        // /v1/components/{component}/processors[/{processor}/{action...}]
        String[] path = exchange.getRequestURI().getPath().split("/", -1);
        String context = parameter(exchange, "context", ContextHeader.DEFAULT_CONTEXT);
        String method = exchange.getRequestMethod();
        if (path.length == 5 && path[4].equals("processors") && method.equals("GET")) {
            HttpEndpoints.answer(exchange, 200, list(context, path[3]));
        } else if (path.length >= 7 && path[4].equals("processors") && method.equals("PATCH")) {
            String action = String.join("/", List.of(path).subList(6, path.length));
            instruct(context, path[3], path[5], action, parameter(exchange, "target", ""))
                    .join();
            HttpEndpoints.answer(exchange, 200, "{}");
        } else {
            HttpEndpoints.answer(exchange, 404, "{\"error\":\"not found\"}");
        }
    }

    private CompletableFuture<Void> instruct(
            String context, String component, String processor, String action, String target) {
        EventProcessorReference reference =
                EventProcessorReference.newBuilder().setProcessorName(processor).build();
        PlatformOutboundInstruction.Builder instruction = PlatformOutboundInstruction.newBuilder();
        switch (action) {
            case "pause" -> {
                return platform.instruct(
                        context,
                        component,
                        processor,
                        instruction.setPauseEventProcessor(reference).build());
            }
            case "start" -> {
                return platform.instruct(
                        context,
                        component,
                        processor,
                        instruction.setStartEventProcessor(reference).build());
            }
            case "segments/split" -> {
                Part largest =
                        part(context, component, processor, Comparator.comparingInt(SegmentStatus::getOnePartOf));
                return largest.owner()
                        .instruct(instruction
                                .setSplitEventProcessorSegment(
                                        segment(processor, largest.segment().getSegmentId()))
                                .build());
            }
            case "segments/merge" -> {
                Part smallest = part(
                        context,
                        component,
                        processor,
                        Comparator.comparingInt(SegmentStatus::getOnePartOf).reversed());
                return smallest.owner()
                        .instruct(instruction
                                .setMergeEventProcessorSegment(
                                        segment(processor, smallest.segment().getSegmentId()))
                                .build());
            }
            default -> {
                return move(context, component, processor, action, target);
            }
        }
    }

    /** A segment moves to a client because all the others let it go. */
    private CompletableFuture<Void> move(
            String context, String component, String processor, String action, String target) {
        String[] parts = action.split("/", -1);
        if (parts.length != 3 || !parts[0].equals("segments") || !parts[2].equals("move")) {
            throw Refusal.invalid("unknown action " + action);
        }
        int segment;
        try {
            segment = Integer.parseInt(parts[1]);
        } catch (NumberFormatException e) {
            throw Refusal.invalid("not a segment: " + parts[1]);
        }
        List<CompletableFuture<Void>> results = new ArrayList<>();
        for (ReportedProcessor reported : platform.processors(context, component)) {
            if (reported.info().getProcessorName().equals(processor)
                    && !reported.clientId().equals(target)) {
                results.add(reported.instruct(PlatformOutboundInstruction.newBuilder()
                        .setReleaseSegment(segment(processor, segment))
                        .build()));
            }
        }
        return CompletableFuture.allOf(results.toArray(CompletableFuture[]::new));
    }

    private Part part(String context, String component, String processor, Comparator<SegmentStatus> first) {
        return platform.processors(context, component).stream()
                .filter(reported -> reported.info().getProcessorName().equals(processor))
                .flatMap(reported ->
                        reported.info().getSegmentStatusList().stream().map(segment -> new Part(reported, segment)))
                .min(Comparator.comparing(Part::segment, first))
                .orElseThrow(() -> Refusal.invalid(
                        "no connected client of " + component + " has a segment of processor " + processor));
    }

    private static EventProcessorSegmentReference segment(String processor, int segment) {
        return EventProcessorSegmentReference.newBuilder()
                .setProcessorName(processor)
                .setSegmentIdentifier(segment)
                .build();
    }

    private String list(String context, String component) {
        return platform.processors(context, component).stream()
                .map(reported -> describe(reported.clientId(), reported.info()))
                .collect(Collectors.joining(",", "[", "]"));
    }

    private static String describe(String clientId, EventProcessorInfo info) {
        String segments = info.getSegmentStatusList().stream()
                .map(segment -> "{\"segmentId\":" + segment.getSegmentId() + ",\"onePartOf\":" + segment.getOnePartOf()
                        + ",\"tokenPosition\":" + segment.getTokenPosition() + ",\"caughtUp\":" + segment.getCaughtUp()
                        + ",\"replaying\":" + segment.getReplaying() + ",\"errorState\":"
                        + quote(segment.getErrorState()) + "}")
                .collect(Collectors.joining(",", "[", "]"));
        return "{\"name\":" + quote(info.getProcessorName()) + ",\"clientId\":" + quote(clientId) + ",\"mode\":"
                + quote(info.getMode()) + ",\"running\":" + info.getRunning() + ",\"error\":" + info.getError()
                + ",\"activeThreads\":" + info.getActiveThreads() + ",\"tokenStoreIdentifier\":"
                + quote(info.getTokenStoreIdentifier()) + ",\"segments\":" + segments + "}";
    }

    private static String quote(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char letter = text.charAt(i);
            if (letter == '"' || letter == '\\') {
                quoted.append('\\').append(letter);
            } else if (letter < ' ') {
                quoted.append(String.format("\\u%04x", (int) letter));
            } else {
                quoted.append(letter);
            }
        }
        return quoted.append('"').toString();
    }

    private static String parameter(HttpExchange exchange, String name, String otherwise) {
        String query = exchange.getRequestURI().getRawQuery();
        if (query != null) {
            for (String pair : query.split("&", -1)) {
                if (pair.startsWith(name + "=")) {
                    return URLDecoder.decode(pair.substring(name.length() + 1), StandardCharsets.UTF_8);
                }
            }
        }
        return otherwise;
    }
}
