package florin.account.query.stream;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * A client that is sent the entries of one account as server-sent events (WHATWG HTML).
 *
 * <p>No thread waits for it: what it is given is written as its connection takes it. It is given more only once it has taken all,
 * so that is what is kept of it here. One that takes nothing for as long as Tomcat waits for that
 * ({@code server.tomcat.connection-timeout}) is dropped by Tomcat.
 */
final class EntryStream implements WriteListener, AsyncListener {

    private static final Duration HEARTBEAT = Duration.ofSeconds(15);
    private static final byte[] COMMENT = ":\n\n".getBytes(StandardCharsets.UTF_8);

    private final String account;
    private final AsyncContext connection;
    private final Consumer<EntryStream> whenReadyForMore;
    private final Consumer<EntryStream> whenEnded;
    private final ServletOutputStream output;
    private long position;
    private byte[] unwritten;
    private boolean isFlushed;
    private boolean hasTakenAll;
    private boolean isMoreThere;
    private boolean hasEnded;
    private boolean isCompleted;
    private long takenAllAt;

    /**
     * Begins with the place from which it goes on: an event without data only tells the client its last event id, so that one
     * that comes again before the first entry misses none either.
     *
     * @param position of the last entry that the client is not to be sent
     * @param whenReadyForMore is told of it once all was taken behind which there is more
     */
    EntryStream(
            String account,
            long position,
            AsyncContext connection,
            Consumer<EntryStream> whenReadyForMore,
            Consumer<EntryStream> whenEnded)
            throws IOException {
        this.account = account;
        this.position = position;
        this.connection = connection;
        this.whenReadyForMore = whenReadyForMore;
        this.whenEnded = whenEnded;
        this.output = connection.getResponse().getOutputStream();
        this.unwritten = ("id: " + position + "\n\n").getBytes(StandardCharsets.UTF_8);
    }

    /** Once it is among those that {@code whenEnded} takes it from. */
    void begin() {
        connection.setTimeout(0);
        connection.addListener(this);
        output.setWriteListener(this);
    }

    String account() {
        return account;
    }

    synchronized long position() {
        return position;
    }

    synchronized boolean hasTakenAll() {
        return hasTakenAll && !hasEnded;
    }

    /** To one that has taken all before. */
    synchronized void send(String events, long lastPosition, boolean isMore) {
        position = lastPosition;
        isMoreThere = isMore;
        send(events.getBytes(StandardCharsets.UTF_8));
    }

    /** A comment, if nothing was sent for so long that proxies may take the connection for dead, or that it may be. */
    synchronized void beat() {
        if (hasTakenAll() && System.nanoTime() - takenAllAt >= HEARTBEAT.toNanos()) {
            send(COMMENT);
        }
    }

    private void send(byte[] bytes) {
        unwritten = bytes;
        hasTakenAll = false;
        try {
            write();
        } catch (IOException gone) {
            end();
        }
    }

    /** On a thread of Tomcat, which ends the request itself if that fails. */
    @Override
    public synchronized void onWritePossible() throws IOException {
        write();
    }

    private void write() throws IOException {
        while (!hasEnded && !hasTakenAll && output.isReady()) {
            if (unwritten != null) {
                output.write(unwritten);
                unwritten = null;
                isFlushed = false;
            } else if (!isFlushed) {
                output.flush();
                isFlushed = true;
            } else {
                hasTakenAll = true;
                takenAllAt = System.nanoTime();
                if (isMoreThere) {
                    whenReadyForMore.accept(this);
                }
            }
        }
    }

    /** Ends the answer; the client may come again. */
    synchronized void end() {
        markEnded();
        if (!isCompleted) {
            isCompleted = true;
            try {
                connection.complete();
            } catch (RuntimeException endedByTomcat) {
                // It saw at the same moment that the client has gone.
            }
        }
    }

    private void markEnded() {
        hasEnded = true;
        unwritten = null;
        whenEnded.accept(this);
    }

    @Override
    public synchronized void onError(Throwable gone) {
        markEnded();
    }

    @Override
    public void onError(AsyncEvent event) {
        end();
    }

    @Override
    public synchronized void onComplete(AsyncEvent event) {
        isCompleted = true;
        markEnded();
    }

    @Override
    public void onStartAsync(AsyncEvent event) {}

    @Override
    public void onTimeout(AsyncEvent event) {}
}
