package florin.eventstore;

import io.axoniq.axonserver.grpc.event.EventStoreGrpc;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;

/** Every service of Axon Server's API, as it is in the connector's jar, and calls of its methods without their types. */
final class ApiServices {
    private static final String STUB = ".class";

    private ApiServices() {}

    static List<ServiceDescriptor> all() throws IOException, ReflectiveOperationException, URISyntaxException {
        File jar = new File(EventStoreGrpc.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        List<ServiceDescriptor> services = new ArrayList<>();
        try (JarFile entries = new JarFile(jar)) {
            for (String name : entries.stream().map(JarEntry::getName).sorted().toList()) {
                if (name.startsWith("io/axoniq/axonserver/grpc/") && name.endsWith("Grpc" + STUB)) {
                    Class<?> stub = Class.forName(
                            name.substring(0, name.length() - STUB.length()).replace('/', '.'));
                    services.add((ServiceDescriptor)
                            stub.getMethod("getServiceDescriptor").invoke(null));
                }
            }
        }
        return services;
    }

    /** Sends the messages and nothing more; completes when the call is over, with or without answers. */
    static CompletableFuture<Status> call(
            ManagedChannel channel, MethodDescriptor<?, ?> method, List<byte[]> messages, int seconds) {
        MethodDescriptor<byte[], byte[]> raw = MethodDescriptor.newBuilder(Bytes.INSTANCE, Bytes.INSTANCE)
                .setFullMethodName(method.getFullMethodName())
                .setType(method.getType())
                .build();
        ClientCall<byte[], byte[]> call =
                channel.newCall(raw, CallOptions.DEFAULT.withDeadlineAfter(seconds, TimeUnit.SECONDS));
        CompletableFuture<Status> end = new CompletableFuture<>();
        call.start(
                new ClientCall.Listener<>() {
                    @Override
                    public void onClose(Status status, Metadata trailers) {
                        end.complete(status);
                    }
                },
                new Metadata());
        call.request(100);
        messages.forEach(call::sendMessage);
        call.halfClose();
        return end;
    }

    private enum Bytes implements MethodDescriptor.Marshaller<byte[]> {
        INSTANCE;

        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
