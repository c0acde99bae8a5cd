package florin.launcher;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** The TCP port of each process on the loopback address. */
public record PlatformPorts(
        int axonServerGrpc,
        int axonServerHttp,
        int accountCommandFlno,
        int accountCommandFlso,
        int transferSaga,
        int accountQuery,
        int postgresql) {

    /** The documented ports, which {@code ./florin up} uses unless told otherwise. */
    public static PlatformPorts fixed() {
        return new PlatformPorts(8124, 8024, 8081, 8082, 8083, 8084, 15432);
    }

    /** Ports that were free a moment ago. */
    public static PlatformPorts free() {
        try (ServerSocket a = freeSocket();
                ServerSocket b = freeSocket();
                ServerSocket c = freeSocket();
                ServerSocket d = freeSocket();
                ServerSocket e = freeSocket();
                ServerSocket f = freeSocket();
                ServerSocket g = freeSocket()) {
            return new PlatformPorts(
                    a.getLocalPort(),
                    b.getLocalPort(),
                    c.getLocalPort(),
                    d.getLocalPort(),
                    e.getLocalPort(),
                    f.getLocalPort(),
                    g.getLocalPort());
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    /** Free ports, none of which is one of these. */
    PlatformPorts freeOthers() {
        PlatformPorts others = free();
        while (!Collections.disjoint(others.bySetting().values(), bySetting().values())) {
            others = free();
        }
        return others;
    }

    private static ServerSocket freeSocket() throws IOException {
        return new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    }

    Map<Setting, Integer> bySetting() {
        Map<Setting, Integer> ports = new LinkedHashMap<>();
        ports.put(Setting.AXON_SERVER_GRPC_PORT, axonServerGrpc);
        ports.put(Setting.AXON_SERVER_HTTP_PORT, axonServerHttp);
        ports.put(Setting.ACCOUNT_COMMAND_FLNO_PORT, accountCommandFlno);
        ports.put(Setting.ACCOUNT_COMMAND_FLSO_PORT, accountCommandFlso);
        ports.put(Setting.TRANSFER_SAGA_PORT, transferSaga);
        ports.put(Setting.ACCOUNT_QUERY_PORT, accountQuery);
        ports.put(Setting.POSTGRESQL_PORT, postgresql);
        return ports;
    }

    /** Refuses with the first port that somebody else holds. */
    void requireFree() {
        bySetting().forEach((setting, port) -> {
            if (!isFree(port)) {
                throw new LauncherException("Port " + port + " is taken by another program: stop it, or choose another"
                        + " port with " + setting.option() + ".");
            }
        });
    }

    private static boolean isFree(int port) {
        try (ServerSocket everywhere = new ServerSocket(port)) {
            everywhere.setReuseAddress(true);
        } catch (IOException e) {
            return false;
        }
        try (ServerSocket loopback = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return loopback.isBound();
        } catch (IOException e) {
            return false;
        }
    }
}
