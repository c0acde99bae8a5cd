package florin.bench.server;

import com.google.protobuf.ByteString;
import io.axoniq.axonserver.grpc.InstructionAck;
import io.axoniq.axonserver.grpc.SerializedObject;
import io.axoniq.axonserver.grpc.command.Command;
import io.axoniq.axonserver.grpc.command.CommandProviderInbound;
import io.axoniq.axonserver.grpc.command.CommandProviderOutbound;
import io.axoniq.axonserver.grpc.command.CommandResponse;
import io.axoniq.axonserver.grpc.command.CommandServiceGrpc;
import io.axoniq.axonserver.grpc.event.Confirmation;
import io.axoniq.axonserver.grpc.event.Event;
import io.axoniq.axonserver.grpc.event.EventStoreGrpc;
import io.axoniq.axonserver.grpc.event.EventWithToken;
import io.axoniq.axonserver.grpc.event.GetAggregateEventsRequest;
import io.axoniq.axonserver.grpc.event.GetEventsRequest;
import io.axoniq.axonserver.grpc.event.GetLastTokenRequest;
import io.axoniq.axonserver.grpc.event.TrackingToken;
import io.axoniq.axonserver.grpc.query.QueryProviderInbound;
import io.axoniq.axonserver.grpc.query.QueryProviderOutbound;
import io.axoniq.axonserver.grpc.query.QueryRequest;
import io.axoniq.axonserver.grpc.query.QueryResponse;
import io.axoniq.axonserver.grpc.query.QueryServiceGrpc;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.util.ResourceLeakDetector;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The reference: a bare gRPC server with Axon Server's calls and nothing behind them. Appends are confirmed and forgotten,
 * streams send one prepared event again and again, and a command or query goes to the only handler and back. What a server
 * does beyond that is what it costs.
 */
public final class Ceiling {
    private static final int THREADS = Math.max(4, Runtime.getRuntime().availableProcessors());

    private Ceiling() {}

    /** Listens on a free port of this machine, prints it, and ends when its standard input does. */
    public static void main(String... arguments) throws IOException {
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED); // As axon-server does.
        Server server = start();
        System.out.println(server.getPort());
        int ignored = 0;
        while (ignored >= 0) {
            ignored = System.in.read();
        }
        server.shutdownNow();
        System.exit(0);
    }

    static Server start() throws IOException {
        return NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .executor(Executors.newFixedThreadPool(THREADS))
                .addService(new Events())
                .addService(new Commands())
                .addService(new Queries())
                .build()
                .start();
    }

    private static final class Events extends EventStoreGrpc.EventStoreImplBase {
        private static final Event EVENT = Event.newBuilder()
                .setMessageIdentifier("00000000-0000-0000-0000-000000000000")
                .setAggregateIdentifier("aggregate-000000000000")
                .setAggregateType("Sample")
                .setTimestamp(1_700_000_000_000L)
                .setPayload(SerializedObject.newBuilder()
                        .setType("sample")
                        .setData(ByteString.copyFrom(new byte[AxonClient.STREAM_PAYLOAD_BYTES])))
                .build();

        private final AtomicLong appended = new AtomicLong();

        @Override
        public StreamObserver<Event> appendEvent(StreamObserver<Confirmation> observer) {
            return new StreamObserver<>() {
                @Override
                public void onNext(Event event) {
                    appended.incrementAndGet();
                }

                @Override
                public void onError(Throwable reason) {}

                @Override
                public void onCompleted() {
                    observer.onNext(Confirmation.newBuilder().setSuccess(true).build());
                    observer.onCompleted();
                }
            };
        }

        @Override
        public void getLastToken(GetLastTokenRequest request, StreamObserver<TrackingToken> observer) {
            observer.onNext(
                    TrackingToken.newBuilder().setToken(appended.get() - 1).build());
            observer.onCompleted();
        }

        /** The aggregate's name ends with how many events it has. */
        @Override
        public void listAggregateEvents(GetAggregateEventsRequest request, StreamObserver<Event> observer) {
            String name = request.getAggregateId();
            int count = Integer.parseInt(name.substring(name.lastIndexOf('-') + 1));
            Event.Builder event = EVENT.toBuilder().setPayload(AxonClient.payload(AxonClient.APPEND_PAYLOAD_BYTES));
            for (int sequence = 0; sequence < count; sequence++) {
                observer.onNext(event.setAggregateSequenceNumber(sequence).build());
            }
            observer.onCompleted();
        }

        @Override
        public StreamObserver<GetEventsRequest> listEvents(StreamObserver<EventWithToken> observer) {
            ServerCallStreamObserver<EventWithToken> out = (ServerCallStreamObserver<EventWithToken>) observer;
            EndlessStream stream = new EndlessStream(out);
            out.setOnReadyHandler(stream::send);
            return stream;
        }

        private static final class EndlessStream implements StreamObserver<GetEventsRequest> {
            private final ServerCallStreamObserver<EventWithToken> out;
            private long next;
            private long permits;

            EndlessStream(ServerCallStreamObserver<EventWithToken> out) {
                this.out = out;
            }

            @Override
            public synchronized void onNext(GetEventsRequest request) {
                next = Math.max(next, request.getTrackingToken());
                permits += request.getNumberOfPermits();
                send();
            }

            private synchronized void send() {
                while (permits > 0 && out.isReady() && !out.isCancelled()) {
                    permits--;
                    out.onNext(EventWithToken.newBuilder()
                            .setToken(next++)
                            .setEvent(EVENT)
                            .build());
                }
            }

            @Override
            public void onError(Throwable reason) {}

            @Override
            public void onCompleted() {
                out.onCompleted();
            }
        }
    }

    private static final class Commands extends CommandServiceGrpc.CommandServiceImplBase {
        private final Map<String, StreamObserver<CommandResponse>> waiting = new ConcurrentHashMap<>();
        private volatile StreamObserver<CommandProviderInbound> handler;

        @Override
        public void dispatch(Command command, StreamObserver<CommandResponse> observer) {
            waiting.put(command.getMessageIdentifier(), observer);
            CommandProviderInbound forwarded =
                    CommandProviderInbound.newBuilder().setCommand(command).build();
            StreamObserver<CommandProviderInbound> only = handler;
            synchronized (only) {
                only.onNext(forwarded);
            }
        }

        @Override
        public StreamObserver<CommandProviderOutbound> openStream(StreamObserver<CommandProviderInbound> observer) {
            handler = observer;
            return new Ignoring<>(observer) {
                @Override
                public void onNext(CommandProviderOutbound message) {
                    if (message.hasSubscribe()) {
                        observer.onNext(CommandProviderInbound.newBuilder()
                                .setAck(acknowledgement(message.getInstructionId()))
                                .build());
                    } else if (message.hasCommandResponse()) {
                        CommandResponse response = message.getCommandResponse();
                        StreamObserver<CommandResponse> sender = waiting.remove(response.getRequestIdentifier());
                        sender.onNext(response);
                        sender.onCompleted();
                    }
                }
            };
        }
    }

    private static final class Queries extends QueryServiceGrpc.QueryServiceImplBase {
        private final Map<String, StreamObserver<QueryResponse>> waiting = new ConcurrentHashMap<>();
        private volatile StreamObserver<QueryProviderInbound> handler;

        @Override
        public void query(QueryRequest query, StreamObserver<QueryResponse> observer) {
            waiting.put(query.getMessageIdentifier(), observer);
            QueryProviderInbound forwarded =
                    QueryProviderInbound.newBuilder().setQuery(query).build();
            StreamObserver<QueryProviderInbound> only = handler;
            synchronized (only) {
                only.onNext(forwarded);
            }
        }

        @Override
        public StreamObserver<QueryProviderOutbound> openStream(StreamObserver<QueryProviderInbound> observer) {
            handler = observer;
            return new Ignoring<>(observer) {
                @Override
                public void onNext(QueryProviderOutbound message) {
                    if (message.hasSubscribe()) {
                        observer.onNext(QueryProviderInbound.newBuilder()
                                .setAck(acknowledgement(message.getInstructionId()))
                                .build());
                    } else if (message.hasQueryResponse()) {
                        QueryResponse response = message.getQueryResponse();
                        waiting.get(response.getRequestIdentifier()).onNext(response);
                    } else if (message.hasQueryComplete()) {
                        waiting.remove(message.getQueryComplete().getRequestId())
                                .onCompleted();
                    }
                }
            };
        }
    }

    private static InstructionAck acknowledgement(String instructionId) {
        return InstructionAck.newBuilder()
                .setInstructionId(instructionId)
                .setSuccess(true)
                .build();
    }

    private abstract static class Ignoring<Q, S> implements StreamObserver<Q> {
        private final StreamObserver<S> out;

        Ignoring(StreamObserver<S> out) {
            this.out = out;
        }

        @Override
        public void onError(Throwable reason) {}

        @Override
        public void onCompleted() {
            out.onCompleted();
        }
    }
}
