package florin.eventstore;

import florin.eventstore.security.AccessControl;
import florin.eventstore.security.Tls;
import florin.eventstore.storage.StorageConfiguration;
import java.nio.file.Path;
import java.time.Duration;

/**
 * How a node runs.
 *
 * @param data the folder of its data, created if missing
 * @param host the address it listens on
 * @param grpcPort the port of the Axon Server API, 0 for a free one
 * @param httpPort the port of health, information and administration, 0 for a free one
 * @param developmentMode whether destructive conveniences are allowed
 * @param heartbeatInterval how often clients are asked for a sign of life
 * @param heartbeatTimeout after how much silence a client is dropped
 * @param instructionTimeout how long a client has to carry out an instruction
 * @param access who may call
 * @param limits what a client may ask of the node
 * @param storage how events are kept
 */
public record NodeConfiguration(
        Path data,
        String host,
        int grpcPort,
        int httpPort,
        boolean developmentMode,
        Duration heartbeatInterval,
        Duration heartbeatTimeout,
        Duration instructionTimeout,
        Access access,
        Limits limits,
        StorageConfiguration storage) {

    /**
     * Who may call.
     *
     * @param tls the node's certificate, null to speak in the clear
     * @param insecureListen whether others may reach the node though it has no access control
     */
    public record Access(AccessControl control, Tls tls, boolean insecureListen) {
        public static final Access OPEN = new Access(AccessControl.off(), null, false);
    }

    /**
     * What a client may ask of the node.
     *
     * @param maxMessageBytes the size of one message
     * @param maxConnections how many gRPC connections there may be
     * @param maxScheduledEvents how many scheduled events may wait, of all contexts
     */
    public record Limits(int maxMessageBytes, int maxConnections, int maxScheduledEvents) {
        public static final Limits DEFAULT = new Limits(16 << 20, 1000, 500_000);
    }

    public static NodeConfiguration of(Path data, int grpcPort, int httpPort) {
        return new NodeConfiguration(
                data,
                "127.0.0.1",
                grpcPort,
                httpPort,
                false,
                Duration.ofSeconds(5),
                Duration.ofSeconds(30),
                Duration.ofSeconds(30),
                Access.OPEN,
                Limits.DEFAULT,
                StorageConfiguration.DEFAULT);
    }

    public NodeConfiguration withHost(String address) {
        return with(
                address,
                developmentMode,
                heartbeatInterval,
                heartbeatTimeout,
                instructionTimeout,
                access,
                limits,
                storage);
    }

    public NodeConfiguration withDevelopmentMode(boolean on) {
        return with(host, on, heartbeatInterval, heartbeatTimeout, instructionTimeout, access, limits, storage);
    }

    public NodeConfiguration withHeartbeat(Duration interval, Duration timeout) {
        return with(host, developmentMode, interval, timeout, instructionTimeout, access, limits, storage);
    }

    public NodeConfiguration withInstructionTimeout(Duration timeout) {
        return with(host, developmentMode, heartbeatInterval, heartbeatTimeout, timeout, access, limits, storage);
    }

    public NodeConfiguration withAccess(Access who) {
        return with(
                host, developmentMode, heartbeatInterval, heartbeatTimeout, instructionTimeout, who, limits, storage);
    }

    public NodeConfiguration withLimits(Limits most) {
        return with(
                host, developmentMode, heartbeatInterval, heartbeatTimeout, instructionTimeout, access, most, storage);
    }

    public NodeConfiguration withStorage(StorageConfiguration how) {
        return with(
                host, developmentMode, heartbeatInterval, heartbeatTimeout, instructionTimeout, access, limits, how);
    }

    private NodeConfiguration with(
            String address,
            boolean development,
            Duration interval,
            Duration timeout,
            Duration instruction,
            Access who,
            Limits most,
            StorageConfiguration how) {
        return new NodeConfiguration(
                data, address, grpcPort, httpPort, development, interval, timeout, instruction, who, most, how);
    }
}
