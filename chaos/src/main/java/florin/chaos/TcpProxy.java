package florin.chaos;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A network between a program and a port of this machine that can break: all connections are reset, or no byte passes while
 * nobody notices, for a while or for good. Whether the port answers or not, the proxy goes on.
 */
final class TcpProxy implements AutoCloseable {
    private static final int BUFFER_BYTES = 16 * 1024;

    private final ServerSocket listener;
    private volatile int target;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    /** Those whose other end is at the port. */
    private final Set<Socket> ofServer = ConcurrentHashMap.newKeySet();
    /** Since when, in nanoseconds. */
    private final Map<Socket, Long> lost = new ConcurrentHashMap<>();

    private boolean stalled;

    /** Listens on a free port. */
    TcpProxy() {
        try {
            listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        start(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    /** Leads new connections to that port. */
    void to(int port) {
        target = port;
    }

    /** Resets every connection; new ones are let through. */
    void cut() {
        sockets.forEach(this::reset);
    }

    /** No byte passes until {@link #flow()}, on connections that there are and on new ones. */
    synchronized void stall() {
        stalled = true;
    }

    /** Bytes pass again; none is lost. */
    synchronized void flow() {
        stalled = false;
        notifyAll();
    }

    /** On the connections that there are no byte passes any more, and neither end is told; new ones are let through. */
    synchronized void lose() {
        sockets.forEach(socket -> lost.put(socket, System.nanoTime()));
        sockets.removeAll(lost.keySet());
    }

    /** The port is told of connections that were lost so long ago, as its own system would tell it one day; clients never are. */
    void endLost(Duration ago) {
        lost.forEach((socket, since) -> {
            if (ofServer.contains(socket) && System.nanoTime() - since >= ago.toNanos()) {
                reset(socket);
            }
        });
    }

    private synchronized void awaitFlow(Socket from) throws InterruptedException {
        while (stalled || lost.containsKey(from)) {
            wait();
        }
    }

    private static void start(Runnable task) {
        Thread thread = new Thread(task, "proxy");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                start(() -> connect(client));
            } catch (IOException e) {
                // closed, or a client that was gone at once
            }
        }
    }

    private void connect(Socket client) {
        Socket server = new Socket();
        add(client, server);
        try {
            server.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), target));
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
        } catch (IOException e) {
            reset(client);
            reset(server);
            return;
        }
        start(() -> forward(client, server));
        forward(server, client);
    }

    private void forward(Socket from, Socket to) {
        try {
            InputStream input = from.getInputStream();
            OutputStream output = to.getOutputStream();
            byte[] buffer = new byte[BUFFER_BYTES];
            for (int count = input.read(buffer); count >= 0; count = input.read(buffer)) {
                awaitFlow(from);
                output.write(buffer, 0, count);
            }
            awaitFlow(from);
            to.shutdownOutput();
            if (from.isOutputShutdown()) {
                close(from);
                close(to);
            }
        } catch (IOException e) {
            if (!lost.containsKey(from)) {
                reset(from);
                reset(to);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void add(Socket client, Socket server) {
        sockets.add(client);
        sockets.add(server);
        ofServer.add(server);
    }

    private void reset(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
        } catch (IOException e) {
            // closed already
        }
        close(socket);
    }

    private void close(Socket socket) {
        sockets.remove(socket);
        ofServer.remove(socket);
        try {
            socket.close();
        } catch (IOException e) {
            // closed already
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            lost.keySet().forEach(this::reset);
            cut();
            lost.clear();
            flow();
            cut();
        }
    }
}
