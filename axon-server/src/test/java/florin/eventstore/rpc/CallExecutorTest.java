package florin.eventstore.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import florin.eventstore.storage.Contexts;
import florin.eventstore.storage.StorageConfiguration;
import io.axoniq.axonserver.grpc.command.CommandServiceGrpc;
import io.axoniq.axonserver.grpc.query.QueryServiceGrpc;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.nio.file.Path;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CallExecutorTest {
    @TempDir
    private Path data;

    @Test
    void aCallWhoseContextIsNotOpenHoldsUpOnlyOthersOfThatKind() {
        Executor calls = task -> {};
        Executor callsOfNewContexts = task -> {};
        try (Contexts contexts = new Contexts(data, StorageConfiguration.DEFAULT)) {
            contexts.open();
            CallExecutor executors = new CallExecutor(contexts, calls, callsOfNewContexts);
            Call<?, ?> command = new Call<>(CommandServiceGrpc.getDispatchMethod());
            Call<?, ?> query = new Call<>(QueryServiceGrpc.getQueryMethod());

            assertThat(executors.getExecutor(command, context("orders"))).isSameAs(callsOfNewContexts);
            assertThat(executors.getExecutor(query, context("orders"))).isSameAs(callsOfNewContexts);
            assertThat(executors.getExecutor(query, context("default"))).isSameAs(calls);
            Thread[] ranOn = new Thread[1];
            executors.getExecutor(command, context("default")).execute(() -> ranOn[0] = Thread.currentThread());
            assertThat(ranOn).containsExactly(Thread.currentThread());
            contexts.get("orders");
            assertThat(executors.getExecutor(query, context("orders"))).isSameAs(calls);
        }
    }

    private static Metadata context(String name) {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("AxonIQ-Context", Metadata.ASCII_STRING_MARSHALLER), name);
        return headers;
    }

    /** Of which nothing but its method matters. */
    private static final class Call<Q, S> extends ServerCall<Q, S> {
        private final MethodDescriptor<Q, S> method;

        private Call(MethodDescriptor<Q, S> method) {
            this.method = method;
        }

        @Override
        public MethodDescriptor<Q, S> getMethodDescriptor() {
            return method;
        }

        @Override
        public void request(int messages) {}

        @Override
        public void sendHeaders(Metadata headers) {}

        @Override
        public void sendMessage(S message) {}

        @Override
        public void close(Status status, Metadata trailers) {}

        @Override
        public boolean isCancelled() {
            return false;
        }
    }
}
