package florin.account.query.stream;

import florin.account.api.AccountEntry;
import florin.account.api.Iban;
import florin.account.query.projection.EntryRows;
import florin.account.query.projection.EntryRows.Place;
import florin.kit.DaemonThreads;
import florin.kit.ProblemException;
import florin.kit.ProblemType;
import florin.kit.QueryLimit;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.SmartLifecycle;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.stereotype.Component;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * The open streams of this instance. While there are some, it looks a few times a second what their accounts have that they were not
 * sent, by one statement for up to {@value #STREAMS_AT_ONCE} of them, whichever instance has projected it.
 *
 * <p>All that is known of a stream is the position of the last entry that it was sent. Entries of an account come into the read
 * model in the order of their positions, and what was in a generation that was read is in the next one at the same position; so
 * what lies behind that position is what is missing, whatever happened meanwhile to the database, the generations or the instance.
 */
@Component
@EnableConfigurationProperties(StreamProperties.class)
public class EntryStreams implements SmartLifecycle, MeterBinder {

    static final int STREAMS_AT_ONCE = 100;
    /** Of each stream; one that is further behind is sent the next ones as soon as it has taken them. */
    static final int ENTRIES_AT_ONCE = 50;

    private static final Logger LOG = LoggerFactory.getLogger(EntryStreams.class);
    private static final Duration PERIOD = Duration.ofMillis(250);
    private static final Duration HEARTBEAT_PERIOD = Duration.ofSeconds(1);

    private final Set<EntryStream> open = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService looking =
            Executors.newSingleThreadScheduledExecutor(new DaemonThreads("entry-streams"));
    /** The database may keep the other one waiting. */
    private final ScheduledExecutorService beating =
            Executors.newSingleThreadScheduledExecutor(new DaemonThreads("entry-streams-heartbeat"));

    private final EntryRows entries;
    private final QueryLimit limit;
    private final ObjectWriter json;
    private final int most;
    private boolean isRunning;
    private boolean isFailing;

    EntryStreams(EntryRows entries, QueryLimit limit, JsonMapper json, StreamProperties properties) {
        this.entries = entries;
        this.limit = limit;
        this.json = json.writer().without(SerializationFeature.INDENT_OUTPUT);
        this.most = properties.streams();
    }

    /** The position of an account's last entry, if it has one. */
    public OptionalLong lastPosition(Iban account) {
        return limit.read(() -> entries.lastPosition(account.value()));
    }

    /**
     * Answers a request with a stream of all entries of an account behind a position, which goes on until the client leaves or this
     * service is stopped.
     *
     * @throws ProblemException too-many-streams, or too-busy while this service is being stopped
     */
    public synchronized void open(Iban account, long position, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        if (!isRunning) {
            throw new ProblemException(ProblemType.TOO_BUSY, "This service is being stopped");
        }
        if (open.size() >= most) {
            throw new ProblemException(
                    ProblemType.TOO_MANY_STREAMS, most + " streams are open at this instance, as many as may be");
        }
        response.setContentType(MediaType.TEXT_EVENT_STREAM_VALUE);
        response.setHeader(HttpHeaders.CACHE_CONTROL, "no-store");
        response.setHeader("X-Accel-Buffering", "no"); // nginx would keep events back until they fill its buffer.
        if (HttpMethod.HEAD.matches(request.getMethod())) {
            return; // Spring has it answered as GET, without the body: that would never end.
        }
        EntryStream stream = new EntryStream(
                account.value(),
                position,
                request.startAsync(),
                behind -> looking.execute(() -> look(List.of(behind))),
                open::remove);
        open.add(stream);
        stream.begin();
    }

    private void look(Collection<EntryStream> streams) {
        try {
            List<EntryStream> ready =
                    streams.stream().filter(EntryStream::hasTakenAll).toList();
            for (int from = 0; from < ready.size(); from += STREAMS_AT_ONCE) {
                sendNext(ready.subList(from, Math.min(from + STREAMS_AT_ONCE, ready.size())));
            }
            isFailing = false;
        } catch (RuntimeException | Error away) {
            if (!isFailing) {
                LOG.warn("What is new for streams of entries is looked for again until the database answers", away);
            }
            isFailing = true;
        }
    }

    private void sendNext(List<EntryStream> streams) {
        List<Place> places = streams.stream()
                .map(stream -> new Place(stream.account(), stream.position()))
                .toList();
        List<List<AccountEntry>> found = limit.read(() -> entries.find(places, ENTRIES_AT_ONCE));
        for (int number = 0; number < found.size(); number++) {
            List<AccountEntry> next = found.get(number);
            if (!next.isEmpty()) {
                orEnd(
                        streams.get(number),
                        stream -> stream.send(
                                events(next), next.get(next.size() - 1).position(), next.size() == ENTRIES_AT_ONCE));
            }
        }
    }

    private void beat() {
        open.forEach(stream -> orEnd(stream, EntryStream::beat));
    }

    /** A stream to which nothing can be sent is ended, and keeps nobody else from what is next. Its client may come again. */
    private static void orEnd(EntryStream stream, Consumer<EntryStream> sending) {
        try {
            sending.accept(stream);
        } catch (RuntimeException | Error broken) {
            LOG.warn("A stream of the entries of {} is ended", stream.account(), broken);
            stream.end();
        }
    }

    private String events(List<AccountEntry> entries) {
        StringBuilder events = new StringBuilder();
        for (AccountEntry entry : entries) {
            events.append("id: ")
                    .append(entry.position())
                    .append("\nevent: entry\ndata: ")
                    .append(json.writeValueAsString(entry))
                    .append("\n\n");
        }
        return events.toString();
    }

    @Override
    public synchronized void start() {
        isRunning = true;
        schedule(looking, () -> look(open), PERIOD);
        schedule(beating, this::beat, HEARTBEAT_PERIOD);
    }

    private static void schedule(ScheduledExecutorService timer, Runnable task, Duration period) {
        ScheduledFuture<?> unused =
                timer.scheduleWithFixedDelay(task, period.toMillis(), period.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Of all that is stopped the first, as it is the last of all that is started: the web server waits for open requests. */
    @Override
    public synchronized void stop() {
        isRunning = false;
        open.forEach(EntryStream::end);
        looking.shutdown();
        beating.shutdown();
    }

    @Override
    public synchronized boolean isRunning() {
        return isRunning;
    }

    /** {@code florin.query.streams} is how many are open. */
    @Override
    public void bindTo(MeterRegistry registry) {
        Gauge.builder("florin.query.streams", open, Set::size).register(registry);
    }
}
