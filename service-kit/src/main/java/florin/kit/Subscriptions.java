package florin.kit;

import io.axoniq.axonserver.connector.AxonServerConnection;
import io.axoniq.axonserver.connector.AxonServerException;
import io.axoniq.axonserver.connector.Registration;
import io.axoniq.axonserver.connector.query.QueryDefinition;
import io.axoniq.axonserver.grpc.command.CommandResponse;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.axonframework.axonserver.connector.AxonServerConnectionManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds a service's start back until the event store knows its command and query handlers, so that the first request that
 * it takes does not meet "no handler".
 *
 * <p>A stream's subscriptions are acknowledged in their order: the acknowledgement of one more says that all are known.
 */
final class Subscriptions {

    private static final Logger LOG = LoggerFactory.getLogger(Subscriptions.class);
    private static final long LONGEST_WAIT_SECONDS = 5;

    private Subscriptions() {}

    /** Returns when the handlers are known, or goes on without if the event store does not say so in time. */
    static void awaitAcknowledged(AxonServerConnectionManager connections) {
        AxonServerConnection connection = connections.getConnection(connections.getDefaultContext());
        String probe = "florin.Subscribed@" + UUID.randomUUID();
        await(connection
                .commandChannel()
                .registerCommandHandler(
                        command -> CompletableFuture.completedFuture(CommandResponse.getDefaultInstance()), 1, probe));
        await(connection
                .queryChannel()
                .registerQueryHandler((query, answer) -> answer.complete(), new QueryDefinition(probe, "none")));
    }

    private static void await(Registration probe) {
        try {
            probe.awaitAck(LONGEST_WAIT_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException | AxonServerException away) {
            LOG.warn("The event store has not acknowledged the handlers: {}", away.toString());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        CompletableFuture<Void> unused = probe.cancel();
    }
}
