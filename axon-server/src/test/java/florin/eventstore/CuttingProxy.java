package florin.eventstore;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;

/** A network between a client and the node that can break: after a number of bytes, now, or without anybody noticing. */
final class CuttingProxy implements AutoCloseable {
    private final ServerSocket listener;
    private final int target;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    /** Negative while no cut is planned. */
    private long bytesLeft = -1;

    private final AtomicLong cuts = new AtomicLong();
    private volatile CountDownLatch held = new CountDownLatch(0);

    CuttingProxy(int target) throws IOException {
        this.target = target;
        listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        start(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    /** Cuts all connections once, after so many bytes more in both directions together. */
    synchronized void cutAfter(long bytes) {
        bytesLeft = bytes;
    }

    /** How many of these bytes may pass; fewer than all if the planned cut falls among them. */
    private synchronized int allowed(int count) {
        if (bytesLeft < 0) {
            return count;
        }
        int allowed = (int) Math.min(count, bytesLeft);
        bytesLeft = allowed < count ? -1 : bytesLeft - count;
        return allowed;
    }

    long cuts() {
        return cuts.get();
    }

    void cut() {
        cuts.incrementAndGet();
        sockets.forEach(CuttingProxy::reset);
        sockets.clear();
    }

    /** No byte passes any more, and no connection ends. */
    void hold() {
        held = new CountDownLatch(1);
    }

    private static void start(Runnable task) {
        Thread thread = new Thread(task, "proxy");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        try {
            while (true) {
                Socket client = listener.accept();
                Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
                sockets.add(client);
                sockets.add(server);
                start(() -> forward(client, server));
                start(() -> forward(server, client));
            }
        } catch (IOException e) {
            // closed, or the node is gone: what is open goes on
        }
    }

    private void forward(Socket from, Socket to) {
        try {
            InputStream input = from.getInputStream();
            OutputStream output = to.getOutputStream();
            byte[] buffer = new byte[4096];
            for (int count = input.read(buffer); count >= 0; count = input.read(buffer)) {
                held.await();
                int allowed = allowed(count);
                output.write(buffer, 0, allowed);
                if (allowed < count) {
                    cut();
                    return;
                }
            }
        } catch (IOException e) {
            // cut
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            reset(from);
            reset(to);
        }
    }

    private static void reset(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            // closed already
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        held.countDown();
        sockets.forEach(CuttingProxy::reset);
    }
}
