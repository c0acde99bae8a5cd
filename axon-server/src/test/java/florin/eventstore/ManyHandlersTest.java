package florin.eventstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.axoniq.axonserver.grpc.FlowControl;
import io.axoniq.axonserver.grpc.command.Command;
import io.axoniq.axonserver.grpc.command.CommandProviderInbound;
import io.axoniq.axonserver.grpc.command.CommandProviderOutbound;
import io.axoniq.axonserver.grpc.command.CommandServiceGrpc;
import io.axoniq.axonserver.grpc.command.CommandSubscription;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** A process with 256 MiB of heap has room for the handlers of a large installation, and refuses absurd ones. */
class ManyHandlersTest extends ClientsOfOneProcess {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final int CLIENTS = 200;
    private static final int NAMES = 200;
    private static final String LONG = "x".repeat(4000);

    @Test
    void twoHundredClientsWithTwoHundredCommandsEachHaveRoom() {
        List<Handler> handlers = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            handlers.add(new Handler("12345@transfer-saga-7d4b9c6f5-client" + i));
            for (int name = 0; name < NAMES; name++) {
                handlers.get(i).subscribe("com.example.orders.api.commands.CompleteTheOrderCommand" + name, 100);
            }
        }
        await().atMost(PATIENCE)
                .until(() -> handlers.stream().allMatch(handler -> handler.acknowledged.get() == NAMES));
        handlers.forEach(Handler::permit);

        for (int i = 0; i < NAMES; i++) {
            send("com.example.orders.api.commands.CompleteTheOrderCommand" + i);
        }

        await().atMost(PATIENCE)
                .until(() -> handlers.stream()
                                .mapToInt(handler -> handler.received.size())
                                .sum()
                        == NAMES);
        assertThat(handlers).filteredOn(handler -> !handler.received.isEmpty()).hasSizeGreaterThan(CLIENTS / 3);
    }

    @Test
    void whatWouldBeTooMuchIsRefusedUntilOthersAreGone() {
        Handler present = new Handler("present");
        present.subscribeMany(3000);
        await().atMost(PATIENCE).until(() -> present.acknowledged.get() == 3000);
        present.permit();
        Handler absurd = new Handler("absurd");
        absurd.subscribeMany(3000);
        assertThat(absurd.ended)
                .succeedsWithin(PATIENCE)
                .satisfies(status -> assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED))
                .satisfies(status -> assertThat(status.getDescription())
                        .contains("[AXONIQ-0001] what handlers have subscribed takes")
                        .contains("bytes already"));
        send(0 + LONG);
        await().atMost(PATIENCE).until(() -> present.received.size() == 1);

        present.requests.onCompleted();
        await().atMost(PATIENCE).until(present.ended::isDone);

        Handler next = new Handler("next");
        next.subscribeMany(3000);
        await().atMost(PATIENCE).until(() -> next.acknowledged.get() == 3000);
    }

    private void send(String name) {
        var unused = CommandServiceGrpc.newFutureStub(channels.get(0))
                .dispatch(Command.newBuilder()
                        .setName(name)
                        .setMessageIdentifier(name)
                        .build());
    }

    private final class Handler implements StreamObserver<CommandProviderInbound> {
        private final AtomicInteger acknowledged = new AtomicInteger();
        private final Set<String> received = ConcurrentHashMap.newKeySet();
        private final CompletableFuture<Status> ended = new CompletableFuture<>();
        private final String clientId;
        private final StreamObserver<CommandProviderOutbound> requests;

        Handler(String clientId) {
            this.clientId = clientId;
            requests = CommandServiceGrpc.newStub(channels.get(Math.floorMod(clientId.hashCode(), 4)))
                    .openStream(this);
        }

        void subscribe(String command, int loadFactor) {
            requests.onNext(CommandProviderOutbound.newBuilder()
                    .setSubscribe(CommandSubscription.newBuilder()
                            .setClientId(clientId)
                            .setComponentName("transfer-saga")
                            .setCommand(command)
                            .setLoadFactor(loadFactor))
                    .setInstructionId("subscribed")
                    .build());
        }

        /** Each takes 8 KiB, roughly: the process has room for 3,700 of them. */
        void subscribeMany(int commands) {
            for (int i = 0; i < commands; i++) {
                subscribe(i + LONG, 1000);
            }
        }

        void permit() {
            requests.onNext(CommandProviderOutbound.newBuilder()
                    .setFlowControl(FlowControl.newBuilder().setPermits(NAMES))
                    .build());
        }

        @Override
        public void onNext(CommandProviderInbound message) {
            if (message.hasCommand()) {
                received.add(message.getCommand().getName());
            } else {
                acknowledged.incrementAndGet();
            }
        }

        @Override
        public void onError(Throwable reason) {
            ended.complete(Status.fromThrowable(reason));
        }

        @Override
        public void onCompleted() {
            ended.complete(Status.OK);
        }
    }
}
