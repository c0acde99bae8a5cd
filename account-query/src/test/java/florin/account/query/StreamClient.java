package florin.account.query;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** Follows an account's entries as a browser's EventSource does: whenever a stream ends it comes again with its last event id. */
final class StreamClient implements AutoCloseable {

    private static final long PAUSE_MS = 50;

    /** What was sent between two empty lines; each is null if it was not. */
    record Event(String id, String name, String data) {}

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Supplier<URI> address;
    private final List<Event> events = Collections.synchronizedList(new ArrayList<>());
    private final AtomicInteger comments = new AtomicInteger();
    private final AtomicInteger connections = new AtomicInteger();
    private final AtomicInteger ends = new AtomicInteger();
    private final Thread thread = new Thread(this::follow, "stream-client");
    private volatile String lastEventId;
    private volatile InputStream connection = InputStream.nullInputStream();
    private volatile boolean isClosed;

    /** Asks this address each time it comes. */
    StreamClient(Supplier<URI> address) {
        this.address = address;
        thread.setDaemon(true);
        thread.start();
    }

    /** Those that are entries. */
    List<Event> entries() {
        return events().stream().filter(event -> event.data() != null).toList();
    }

    List<Event> events() {
        synchronized (events) {
            return List.copyOf(events);
        }
    }

    int comments() {
        return comments.get();
    }

    /** How many streams were begun. */
    int connections() {
        return connections.get();
    }

    /** How many were ended as a body ends, rather than cut off. */
    int ends() {
        return ends.get();
    }

    /** Cuts the stream off in the middle. */
    void disconnect() throws IOException {
        connection.close();
    }

    @Override
    public void close() throws IOException, InterruptedException {
        isClosed = true;
        thread.interrupt();
        connection.close();
        thread.join();
    }

    private void follow() {
        try {
            while (!isClosed) {
                come();
                TimeUnit.MILLISECONDS.sleep(PAUSE_MS);
            }
        } catch (InterruptedException closed) {
            // It does not come again.
        }
    }

    private void come() throws InterruptedException {
        try {
            HttpRequest.Builder request = HttpRequest.newBuilder(address.get()).header("Accept", "text/event-stream");
            if (lastEventId != null) {
                request.header("Last-Event-ID", lastEventId);
            }
            HttpResponse<InputStream> response = http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
            connection = response.body();
            if (response.statusCode() == 200) {
                connections.incrementAndGet();
                read(new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8)));
                ends.incrementAndGet();
            }
        } catch (IOException away) {
            // Once more.
        }
    }

    private void read(BufferedReader lines) throws IOException {
        String id = null;
        String name = null;
        String data = null;
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (line.startsWith(":")) {
                comments.incrementAndGet();
            } else if (line.startsWith("id: ")) {
                id = line.substring("id: ".length());
            } else if (line.startsWith("event: ")) {
                name = line.substring("event: ".length());
            } else if (line.startsWith("data: ")) {
                data = line.substring("data: ".length());
            } else if (!line.isEmpty()) {
                throw new IllegalStateException("'" + line + "' is not expected here");
            } else if (id != null) {
                events.add(new Event(id, name, data));
                lastEventId = id;
                id = null;
                name = null;
                data = null;
            }
        }
    }
}
