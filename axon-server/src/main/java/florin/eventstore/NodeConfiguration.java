package florin.eventstore;

import java.nio.file.Path;
import java.time.Duration;

/**
 * How a node runs.
 *
 * @param data the folder of its data, created if missing
 * @param host the address it listens on
 * @param grpcPort the port of the Axon Server API, 0 for a free one
 * @param httpPort the port of health and information, 0 for a free one
 * @param developmentMode whether destructive conveniences are allowed
 * @param heartbeatInterval how often clients are asked for a sign of life
 * @param heartbeatTimeout after how much silence a client is dropped
 */
public record NodeConfiguration(
        Path data,
        String host,
        int grpcPort,
        int httpPort,
        boolean developmentMode,
        Duration heartbeatInterval,
        Duration heartbeatTimeout) {

    public static NodeConfiguration of(Path data, int grpcPort, int httpPort) {
        return new NodeConfiguration(
                data, "127.0.0.1", grpcPort, httpPort, false, Duration.ofSeconds(5), Duration.ofSeconds(30));
    }

    public NodeConfiguration withHost(String address) {
        return new NodeConfiguration(
                data, address, grpcPort, httpPort, developmentMode, heartbeatInterval, heartbeatTimeout);
    }

    public NodeConfiguration withDevelopmentMode(boolean on) {
        return new NodeConfiguration(data, host, grpcPort, httpPort, on, heartbeatInterval, heartbeatTimeout);
    }

    public NodeConfiguration withHeartbeat(Duration interval, Duration timeout) {
        return new NodeConfiguration(data, host, grpcPort, httpPort, developmentMode, interval, timeout);
    }
}
