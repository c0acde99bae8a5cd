package florin.launcher;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

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

    /** Free ports for so many others; none is there twice, or one of these. */
    List<PlatformPorts> freeOthers(int number) {
        Set<Integer> taken = new HashSet<>(bySetting().values());
        List<PlatformPorts> others = new ArrayList<>();
        while (others.size() < number) {
            PlatformPorts candidate = free();
            if (Collections.disjoint(candidate.bySetting().values(), taken)) {
                taken.addAll(candidate.bySetting().values());
                others.add(candidate);
            }
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
