package florin.eventstore.rpc;

import static io.grpc.stub.ServerCalls.asyncBidiStreamingCall;
import static io.grpc.stub.ServerCalls.asyncClientStreamingCall;
import static io.grpc.stub.ServerCalls.asyncServerStreamingCall;

import florin.eventstore.platform.Clients;
import florin.eventstore.protocol.Outbound;
import florin.eventstore.protocol.Refusal;
import florin.eventstore.storage.Contexts;
import florin.eventstore.storage.EventStorage;
import io.axoniq.axonserver.grpc.event.Confirmation;
import io.axoniq.axonserver.grpc.event.Event;
import io.axoniq.axonserver.grpc.event.EventStoreGrpc;
import io.axoniq.axonserver.grpc.event.EventWithToken;
import io.axoniq.axonserver.grpc.event.GetAggregateEventsRequest;
import io.axoniq.axonserver.grpc.event.GetAggregateSnapshotsRequest;
import io.axoniq.axonserver.grpc.event.GetEventsRequest;
import io.axoniq.axonserver.grpc.event.GetFirstTokenRequest;
import io.axoniq.axonserver.grpc.event.GetLastTokenRequest;
import io.axoniq.axonserver.grpc.event.GetTokenAtRequest;
import io.axoniq.axonserver.grpc.event.QueryEventsRequest;
import io.axoniq.axonserver.grpc.event.QueryEventsResponse;
import io.axoniq.axonserver.grpc.event.ReadHighestSequenceNrRequest;
import io.axoniq.axonserver.grpc.event.ReadHighestSequenceNrResponse;
import io.axoniq.axonserver.grpc.event.TrackingToken;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.StreamObserver;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToLongFunction;

/** The EventStore service: turns calls into reads and writes of the context's store. */
public final class EventStoreRpc extends EventStoreGrpc.EventStoreImplBase {
    private static final int MAX_IDENTIFIER_BYTES = 4096;

    private final Contexts contexts;
    private final Clients clients;
    private final Executor readers;
    private final AtomicLong unfinishedAppendBytes = new AtomicLong();
    private final AtomicLong excludedBytes = new AtomicLong();

    public EventStoreRpc(Contexts contexts, Clients clients, Executor readers) {
        this.contexts = contexts;
        this.clients = clients;
        this.readers = readers;
    }

    /** The service to add to a server: three of its calls take and give events in the bytes they are stored in. */
    public ServerServiceDefinition service() {
        MethodDescriptor<Event, Confirmation> append = EventStoreGrpc.getAppendEventMethod();
        MethodDescriptor<GetEventsRequest, EventWithToken> stream = EventStoreGrpc.getListEventsMethod();
        MethodDescriptor<GetAggregateEventsRequest, Event> load = EventStoreGrpc.getListAggregateEventsMethod();
        ServerServiceDefinition.Builder service = ServerServiceDefinition.builder(EventStoreGrpc.SERVICE_NAME)
                .addMethod(
                        append.toBuilder(EventMarshaller.RECEIVED, append.getResponseMarshaller())
                                .build(),
                        asyncClientStreamingCall(
                                observer -> new AppendCall(contexts.current(), unfinishedAppendBytes, observer)))
                .addMethod(
                        stream.toBuilder(stream.getRequestMarshaller(), EventMarshaller.EVENT_WITH_TOKEN)
                                .build(),
                        asyncBidiStreamingCall(observer ->
                                new EventStream(contexts.current(), clients, readers, excludedBytes, observer)))
                .addMethod(
                        load.toBuilder(load.getRequestMarshaller(), EventMarshaller.EVENT)
                                .build(),
                        asyncServerStreamingCall((request, observer) ->
                                new AggregateStream(contexts.current(), readers, request, observer).wake()));
        Set<MethodDescriptor<?, ?>> asBytes = Set.of(append, stream, load);
        bindService().getMethods().stream()
                .filter(method -> !asBytes.contains(method.getMethodDescriptor()))
                .forEach(service::addMethod);
        return service.build();
    }

    @Override
    public void appendSnapshot(Event snapshot, StreamObserver<Confirmation> observer) {
        Outbound<Confirmation> out = Outbound.of(observer, () -> {});
        validate(snapshot);
        if (snapshot.getAggregateIdentifier().isEmpty()) {
            throw Refusal.invalid("a snapshot needs an aggregate identifier");
        }
        contexts.current().appendSnapshot(snapshot).whenComplete((index, failure) -> {
            if (failure != null) {
                out.fail(failure);
            } else {
                out.send(AppendCall.CONFIRMED);
                out.complete();
            }
        });
    }

    @Override
    public void listAggregateSnapshots(GetAggregateSnapshotsRequest request, StreamObserver<Event> observer) {
        new SnapshotStream(contexts.current(), readers, request, observer).wake();
    }

    @Override
    public StreamObserver<QueryEventsRequest> queryEvents(StreamObserver<QueryEventsResponse> observer) {
        throw Refusal.unimplemented("queries on the event store are not here: build a projection");
    }

    @Override
    public void readHighestSequenceNr(
            ReadHighestSequenceNrRequest request, StreamObserver<ReadHighestSequenceNrResponse> observer) {
        long sequence = contexts.current().highestSequence(request.getAggregateId());
        observer.onNext(ReadHighestSequenceNrResponse.newBuilder()
                .setToSequenceNr(sequence)
                .build());
        observer.onCompleted();
    }

    @Override
    public void getFirstToken(GetFirstTokenRequest request, StreamObserver<TrackingToken> observer) {
        answerToken(observer, storage -> 0);
    }

    @Override
    public void getLastToken(GetLastTokenRequest request, StreamObserver<TrackingToken> observer) {
        answerToken(observer, EventStorage::lastIndex);
    }

    @Override
    public void getTokenAt(GetTokenAtRequest request, StreamObserver<TrackingToken> observer) {
        answerToken(observer, storage -> storage.lastIndex() < 0 ? -1 : storage.indexAt(request.getInstant()));
    }

    private void answerToken(StreamObserver<TrackingToken> observer, ToLongFunction<EventStorage> token) {
        observer.onNext(TrackingToken.newBuilder()
                .setToken(token.applyAsLong(contexts.current()))
                .build());
        observer.onCompleted();
    }

    static void validate(Event event) {
        String identifier = event.getAggregateIdentifier();
        if (identifier.length() * 3L > MAX_IDENTIFIER_BYTES
                && identifier.getBytes(StandardCharsets.UTF_8).length > MAX_IDENTIFIER_BYTES) {
            throw Refusal.invalid("an aggregate identifier may have " + MAX_IDENTIFIER_BYTES + " bytes at most");
        }
        if (event.getAggregateSequenceNumber() < 0) {
            throw Refusal.invalid("negative sequence number " + event.getAggregateSequenceNumber());
        }
    }
}
