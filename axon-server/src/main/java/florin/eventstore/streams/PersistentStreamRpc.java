package florin.eventstore.streams;

import com.google.protobuf.Empty;
import florin.eventstore.platform.Clients;
import florin.eventstore.protocol.ContextHeader;
import florin.eventstore.protocol.Listing;
import florin.eventstore.protocol.Names;
import florin.eventstore.protocol.Outbound;
import florin.eventstore.protocol.Refusal;
import florin.eventstore.storage.Contexts;
import florin.eventstore.storage.EventStorage;
import florin.eventstore.streams.PersistentStream.Member;
import io.axoniq.axonserver.connector.ErrorCategory;
import io.axoniq.axonserver.grpc.streams.CreateResult;
import io.axoniq.axonserver.grpc.streams.CreateStreamRequest;
import io.axoniq.axonserver.grpc.streams.CreateStreamResponse;
import io.axoniq.axonserver.grpc.streams.DeleteStreamRequest;
import io.axoniq.axonserver.grpc.streams.InitializationProperties;
import io.axoniq.axonserver.grpc.streams.ListStreamsRequest;
import io.axoniq.axonserver.grpc.streams.Open;
import io.axoniq.axonserver.grpc.streams.PersistentStreamServiceGrpc;
import io.axoniq.axonserver.grpc.streams.ResetStreamConfiguration;
import io.axoniq.axonserver.grpc.streams.ResetStreamRequest;
import io.axoniq.axonserver.grpc.streams.StreamRequest;
import io.axoniq.axonserver.grpc.streams.StreamSignal;
import io.axoniq.axonserver.grpc.streams.StreamStatus;
import io.axoniq.axonserver.grpc.streams.UpdateStreamRequest;
import io.grpc.stub.StreamObserver;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicLong;

/** The PersistentStreamService: streams of events whose progress this server keeps, not the client. */
public final class PersistentStreamRpc extends PersistentStreamServiceGrpc.PersistentStreamServiceImplBase {
    private static final int MAX_STREAMS = 1000;
    private static final int MAX_IDENTIFIER_BYTES = 512;
    private static final int MAX_DEFINITION_BYTES = 16 << 10;
    /** Of the streams of all contexts: an eighth of the heap. */
    static final long MAX_STREAM_BYTES = Runtime.getRuntime().maxMemory() / 8;
    /** The initial position that means: only what comes from now on. */
    private static final long HEAD = -99;

    private final Contexts contexts;
    private final Clients clients;
    private final Executor readers;
    private final ScheduledExecutorService timer;
    private final Map<String, Map<String, PersistentStream>> streams = new ConcurrentHashMap<>();
    private final AtomicLong streamBytes = new AtomicLong();

    public PersistentStreamRpc(Contexts contexts, Clients clients, Executor readers, ScheduledExecutorService timer) {
        this.contexts = contexts;
        this.clients = clients;
        this.readers = readers;
        this.timer = timer;
        contexts.onOpen(this::load);
        contexts.onClose(this::unload);
    }

    /** Refuses the state of a stream that cannot be read. */
    public static void check(String identifier, byte[] state) {
        StreamState.parse(identifier, state);
    }

    private void load(String context, EventStorage storage) {
        Map<String, PersistentStream> stored = new TreeMap<>();
        storage.streams()
                .forEach((identifier, bytes) -> stored.put(
                        identifier,
                        new PersistentStream(
                                identifier, StreamState.parse(identifier, bytes), storage, readers, timer)));
        stored.values().forEach(stream -> streamBytes.addAndGet(stream.bytes()));
        streams.put(context, stored);
    }

    private void unload(String context) {
        Map<String, PersistentStream> ended = streams.remove(context);
        if (ended != null) {
            synchronized (ended) {
                ended.values().forEach(stream -> {
                    stream.end(Refusal.contextClosed("the context was deleted"));
                    streamBytes.addAndGet(-stream.bytes());
                });
            }
        }
    }

    @Override
    public void createStream(CreateStreamRequest request, StreamObserver<CreateStreamResponse> observer) {
        boolean created = create(request.getStreamId(), request.getInitializationProperties());
        observer.onNext(CreateStreamResponse.newBuilder()
                .setResult(created ? CreateResult.created : CreateResult.already_exists)
                .build());
        observer.onCompleted();
    }

    /** False if it is there already. */
    private boolean create(String identifier, InitializationProperties definition) {
        EventStorage storage = contexts.current();
        Map<String, PersistentStream> known = known();
        synchronized (known) {
            if (known.containsKey(identifier)) {
                return false;
            }
            validate(identifier, definition);
            if (known.size() >= MAX_STREAMS) {
                throw Refusal.tooManyRequests(
                        ErrorCategory.OTHER, "a context has " + MAX_STREAMS + " persistent streams at most");
            }
            StreamState state = new StreamState(definition, positionBefore(definition.getInitialPosition(), storage));
            PersistentStream stream = new PersistentStream(identifier, state, storage, readers, timer);
            if (streamBytes.addAndGet(stream.bytes()) > MAX_STREAM_BYTES) {
                streamBytes.addAndGet(-stream.bytes());
                throw Refusal.tooManyRequests(
                        ErrorCategory.OTHER,
                        "the persistent streams of all contexts hold " + MAX_STREAM_BYTES + " bytes already");
            }
            try {
                storage.putStream(identifier, state.toBytes());
            } catch (Refusal refusal) {
                streamBytes.addAndGet(-stream.bytes());
                throw refusal;
            }
            known.put(identifier, stream);
            return true;
        }
    }

    private static void validate(String identifier, InitializationProperties definition) {
        int length = identifier.getBytes(StandardCharsets.UTF_8).length;
        if (length == 0 || length > MAX_IDENTIFIER_BYTES) {
            throw Refusal.invalid("the identifier of a persistent stream has 1 to " + MAX_IDENTIFIER_BYTES + " bytes");
        }
        if (definition.getSerializedSize() > MAX_DEFINITION_BYTES) {
            throw Refusal.invalid(
                    "the properties of a persistent stream have " + MAX_DEFINITION_BYTES + " bytes at most");
        }
        validateName(definition.getStreamName());
    }

    private static void validateName(String name) {
        if (name.getBytes(StandardCharsets.UTF_8).length > MAX_IDENTIFIER_BYTES) {
            throw Refusal.invalid("the name of a persistent stream has " + MAX_IDENTIFIER_BYTES + " bytes at most");
        }
    }

    private static long positionBefore(long first, EventStorage storage) {
        if (first == HEAD) {
            return storage.lastIndex();
        }
        if (first < 0) {
            throw Refusal.invalid("a persistent stream cannot start at " + first);
        }
        return first - 1;
    }

    private Map<String, PersistentStream> known() {
        contexts.current();
        Map<String, PersistentStream> known = streams.get(ContextHeader.current());
        if (known == null) {
            throw Refusal.contextClosed("the context was deleted");
        }
        return known;
    }

    private PersistentStream find(String identifier) {
        Map<String, PersistentStream> known = known();
        synchronized (known) {
            PersistentStream stream = known.get(identifier);
            if (stream == null) {
                throw Refusal.notFound("no persistent stream " + identifier);
            }
            return stream;
        }
    }

    @Override
    public void listStreams(ListStreamsRequest request, StreamObserver<StreamStatus> observer) {
        Map<String, PersistentStream> known = known();
        List<PersistentStream> listed;
        synchronized (known) {
            listed = List.copyOf(known.values());
        }
        Listing.send(listed.stream().map(PersistentStream::status), observer, readers);
    }

    @Override
    public void deleteStream(DeleteStreamRequest request, StreamObserver<Empty> observer) {
        PersistentStream stream = find(request.getStreamId());
        Map<String, PersistentStream> known = known();
        synchronized (known) {
            stream.delete();
            known.remove(request.getStreamId(), stream);
            streamBytes.addAndGet(-stream.bytes());
        }
        observer.onCompleted();
    }

    @Override
    public void updateStream(UpdateStreamRequest request, StreamObserver<Empty> observer) {
        PersistentStream stream = find(request.getStreamId());
        String name = request.getStreamName();
        validateName(name);
        CompletionStage<Void> done = CompletableFuture.completedFuture(null);
        if (request.getSegments() != 0) {
            done = stream.resize(request.getSegments(), name);
        } else if (!name.isEmpty()) {
            stream.rename(name);
        }
        answer(done, observer);
    }

    @Override
    public void resetStream(ResetStreamRequest request, StreamObserver<Empty> observer) {
        PersistentStream stream = find(request.getStreamId());
        EventStorage storage = contexts.current();
        ResetStreamConfiguration to = request.getOptions();
        long position =
                switch (to.getTypeCase()) {
                    case HEAD -> storage.lastIndex();
                    case TAIL -> -1;
                    case DATETIME -> storage.indexAt(to.getDatetime()) - 1;
                    case POSITION -> positionBefore(Math.max(0, to.getPosition()), storage);
                    default -> throw Refusal.invalid("a reset needs a position");
                };
        answer(stream.reset(position), observer);
    }

    private static void answer(CompletionStage<Void> done, StreamObserver<Empty> observer) {
        Outbound<Empty> out = Outbound.of(observer, () -> {});
        done.whenComplete((nothing, failure) -> {
            if (failure == null) {
                out.complete();
            } else {
                out.fail(failure);
            }
        });
    }

    @Override
    public StreamObserver<StreamRequest> openStream(StreamObserver<StreamSignal> observer) {
        return new Connection(observer);
    }

    private final class Connection implements StreamObserver<StreamRequest> {
        private final Outbound<StreamSignal> out;
        private volatile PersistentStream stream;
        private volatile Member member;
        private Runnable unregister = () -> {};

        Connection(StreamObserver<StreamSignal> observer) {
            out = Outbound.of(observer, this::end);
            out.onReady(() -> {
                if (member != null) {
                    stream.wake(member);
                }
            });
        }

        @Override
        public void onNext(StreamRequest request) {
            if (request.hasOpen()) {
                open(request.getOpen());
                return;
            }
            if (member == null) {
                throw Refusal.invalid("the first message must open a persistent stream");
            }
            switch (request.getRequestCase()) {
                case ACKNOWLEDGEPROGRESS ->
                    stream.confirm(
                            member,
                            request.getAcknowledgeProgress().getSegment(),
                            request.getAcknowledgeProgress().getPosition());
                case REQUESTS ->
                    stream.request(
                            member,
                            request.getRequests().getSegment(),
                            request.getRequests().getRequests());
                case ERROR ->
                    stream.failed(
                            member,
                            request.getError().getSegment(),
                            request.getError().getError());
                default -> {
                    // nothing that a client of this version sends
                }
            }
        }

        private void open(Open open) {
            if (member != null) {
                throw Refusal.invalid("this call has a persistent stream open already");
            }
            Names.check("name of a client", open.getClientId());
            if (open.hasInitializationProperties()) {
                create(open.getStreamId(), open.getInitializationProperties());
            }
            stream = find(open.getStreamId());
            member = new Member(open.getClientId(), out);
            // Heartbeats go on meanwhile: to share out segments may write.
            unregister = clients.onDrop(out, () -> readers.execute(this::end));
            stream.join(member);
            if (out.isClosed()) {
                end();
            }
        }

        @Override
        public void onError(Throwable reason) {
            end();
        }

        @Override
        public void onCompleted() {
            end();
            out.complete();
        }

        private void end() {
            Member left = member;
            if (left != null) {
                stream.leave(left);
                unregister.run();
            }
        }
    }
}
