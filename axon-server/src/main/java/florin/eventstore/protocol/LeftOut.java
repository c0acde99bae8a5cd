package florin.eventstore.protocol;

import io.axoniq.axonserver.grpc.admin.ApplicationAdminServiceGrpc;
import io.axoniq.axonserver.grpc.admin.AuthenticationServiceGrpc;
import io.axoniq.axonserver.grpc.admin.ContextAdminServiceGrpc;
import io.axoniq.axonserver.grpc.admin.ReplicationGroupAdminServiceGrpc;
import io.axoniq.axonserver.grpc.admin.UserAdminServiceGrpc;
import io.axoniq.axonserver.grpc.event.EventTransformationServiceGrpc;
import io.axoniq.axonserver.grpc.event.dcb.DcbEventSchedulerGrpc;
import io.axoniq.axonserver.grpc.event.dcb.DcbEventStoreGrpc;
import io.axoniq.axonserver.grpc.event.dcb.DcbSnapshotStoreGrpc;
import io.grpc.HandlerRegistry;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;

/** Answers each method that this server does not have with a sentence that says what is not here. */
public final class LeftOut extends HandlerRegistry {
    private static final String CLUSTER = "clusters are not here: this server is one node";
    private static final String CONSISTENCY_BOUNDARY = "the dynamic consistency boundary is not here:"
            + " this server keeps events by aggregate and sequence number";
    private static final Map<String, String> SENTENCES = Map.of(
            DcbEventStoreGrpc.SERVICE_NAME, CONSISTENCY_BOUNDARY,
            DcbSnapshotStoreGrpc.SERVICE_NAME, CONSISTENCY_BOUNDARY,
            DcbEventSchedulerGrpc.SERVICE_NAME, CONSISTENCY_BOUNDARY,
            EventTransformationServiceGrpc.SERVICE_NAME,
                    "event transformation is not here: stored events never change; use an upcaster",
            ApplicationAdminServiceGrpc.SERVICE_NAME,
                    "applications are not administered by calls here: the configuration file lists them",
            UserAdminServiceGrpc.SERVICE_NAME, "users are not here: applications have tokens in the configuration file",
            AuthenticationServiceGrpc.SERVICE_NAME, "this server authenticates nobody for others",
            ContextAdminServiceGrpc.SERVICE_NAME,
                    "contexts are not administered by gRPC here: use /v1/context over HTTP",
            ReplicationGroupAdminServiceGrpc.SERVICE_NAME, CLUSTER);

    private static final MethodDescriptor.Marshaller<byte[]> BYTES = new MethodDescriptor.Marshaller<>() {
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
    };

    /** Whether all methods of the service are left out. */
    public static boolean has(String service) {
        return SENTENCES.containsKey(service);
    }

    @Override
    public ServerMethodDefinition<?, ?> lookupMethod(String name, String authority) {
        String service = MethodDescriptor.extractFullServiceName(name);
        String sentence = service == null ? null : SENTENCES.get(service);
        Refusal refusal = Refusal.unimplemented(sentence == null ? "there is no method of this name here" : sentence);
        return ServerMethodDefinition.create(
                MethodDescriptor.newBuilder(BYTES, BYTES)
                        .setFullMethodName(name)
                        .setType(MethodType.UNKNOWN)
                        .build(),
                (call, headers) -> {
                    var status = refusal.asStatus();
                    Metadata trailers = status.getTrailers();
                    call.close(status.getStatus(), trailers == null ? new Metadata() : trailers);
                    return new ServerCall.Listener<>() {};
                });
    }
}
