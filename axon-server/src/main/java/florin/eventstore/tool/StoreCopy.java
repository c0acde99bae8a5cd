package florin.eventstore.tool;

import io.axoniq.axonserver.grpc.event.Event;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContextBuilder;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLException;

/**
 * Copies a context's events and snapshots from one server to another through the public API, in either direction between
 * this server and AxonIQ's, and compares counts and hashes afterwards.
 *
 * <p>The target must be empty, or hold what an earlier, interrupted copy brought there: that is compared first, and the
 * copy goes on behind it. Transactions are not told apart by the API, so the copy makes its own; order and content are the
 * source's. Of each aggregate the latest hundred snapshots are copied. Nothing may write to either side meanwhile.
 */
public final class StoreCopy {
    /** The command line, after the word {@code copy}. */
    public static final String USAGE =
            """
            Usage: java -jar axon-server.jar copy --from HOST:PORT --to HOST:PORT [options]
              --context NAME          the context to copy (default: default)
              --from-token-file FILE  file with the access token for the source
              --to-token-file FILE    file with the access token for the target
              --from-token TEXT       access token for the source, where nobody else sees the list of processes
              --to-token TEXT         access token for the target, likewise
              --from-tls              connect to the source with TLS
              --to-tls                connect to the target with TLS
              --tls-ca FILE           certificates (PEM) that sign those of the servers (default: those that Java knows)
              --tls-certificate FILE  certificate (PEM) to show to a server that asks for one, with --tls-key
              --tls-key FILE          its key (PEM, PKCS #8, not encrypted)
            """;

    private static final int TRANSACTION_EVENTS = 500;
    private static final int TRANSACTION_BYTES = 1 << 20;
    private static final long PROGRESS_EVENTS = 1_000_000;

    private final RemoteStore source;
    private final RemoteStore target;
    private final PrintStream out;

    private StoreCopy(RemoteStore source, RemoteStore target, PrintStream out) {
        this.source = source;
        this.target = target;
        this.out = out;
    }

    /**
     * Copies and verifies, telling progress.
     *
     * @throws IllegalArgumentException if the arguments are wrong
     * @throws CopyException if the copy cannot be made or is not the same
     */
    public static void run(PrintStream out, String... arguments) throws InterruptedException {
        String[] from = new String[1];
        String[] to = new String[1];
        String[] tokens = new String[2];
        boolean[] tls = new boolean[2];
        File authority = null;
        File certificate = null;
        File key = null;
        String context = "default";
        Deque<String> rest = new ArrayDeque<>(List.of(arguments));
        while (!rest.isEmpty()) {
            String option = rest.poll();
            switch (option) {
                case "--from" -> from[0] = value(option, rest);
                case "--to" -> to[0] = value(option, rest);
                case "--context" -> context = value(option, rest);
                case "--from-token" -> tokens[0] = value(option, rest);
                case "--to-token" -> tokens[1] = value(option, rest);
                case "--from-token-file" -> tokens[0] = content(option, rest);
                case "--to-token-file" -> tokens[1] = content(option, rest);
                case "--tls-ca" -> authority = new File(value(option, rest));
                case "--tls-certificate" -> certificate = new File(value(option, rest));
                case "--tls-key" -> key = new File(value(option, rest));
                case "--from-tls" -> tls[0] = true;
                case "--to-tls" -> tls[1] = true;
                default -> throw new IllegalArgumentException("unknown option " + option);
            }
        }
        if ((certificate == null) != (key == null)) {
            throw new IllegalArgumentException("a client's certificate needs both --tls-certificate and --tls-key");
        }
        SslContext secure = tls[0] || tls[1] ? tls(authority, certificate, key) : null;
        RemoteStore.Address sourceAddress = address("--from", from[0], tokens[0], tls[0] ? secure : null);
        RemoteStore.Address targetAddress = address("--to", to[0], tokens[1], tls[1] ? secure : null);
        try (RemoteStore source = new RemoteStore(sourceAddress, context);
                RemoteStore target = new RemoteStore(targetAddress, context)) {
            new StoreCopy(source, target, out).run();
        }
    }

    private static String value(String option, Deque<String> rest) {
        String value = rest.poll();
        if (value == null) {
            throw new IllegalArgumentException(option + " needs a value");
        }
        return value;
    }

    private static String content(String option, Deque<String> rest) {
        String file = value(option, rest);
        try {
            return Files.readString(Path.of(file)).strip();
        } catch (IOException e) {
            throw new IllegalArgumentException("cannot read the token in " + file + ": " + e.getMessage(), e);
        }
    }

    private static SslContext tls(File authority, File certificate, File key) {
        try {
            SslContextBuilder builder = GrpcSslContexts.forClient();
            if (authority != null) {
                builder.trustManager(authority);
            }
            if (certificate != null) {
                builder.keyManager(certificate, key);
            }
            return builder.build();
        } catch (SSLException | IllegalArgumentException e) {
            throw new IllegalArgumentException("the certificates or the key cannot be used: " + e.getMessage(), e);
        }
    }

    private static RemoteStore.Address address(String option, String text, String token, SslContext tls) {
        int colon = text == null ? -1 : text.lastIndexOf(':');
        if (colon < 1) {
            throw new IllegalArgumentException(option + " needs HOST:PORT");
        }
        try {
            int port = Integer.parseInt(text.substring(colon + 1));
            return new RemoteStore.Address(text.substring(0, colon), port, token, tls);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(option + " needs HOST:PORT, not " + text, e);
        }
    }

    private void run() throws InterruptedException {
        long total = source.count();
        long present = target.count();
        if (present > total) {
            throw new CopyException(
                    target + " has " + present + " events, more than the " + total + " of " + source, null);
        }
        if (present > 0) {
            out.println(target + " has " + present + " events already; comparing them");
            requireSame(eventsOf(source, present), eventsOf(target, present), "the events that are there already");
        }
        long copied = copyEvents(total, present);
        Fingerprint events = eventsOf(source, total);
        requireSame(events, eventsOf(target, target.count()), "the events");
        out.println(copied + " events copied; " + events.count() + " on both sides, SHA-256 " + events.hash());
        Fingerprint snapshots = new Fingerprint();
        Fingerprint copies = new Fingerprint();
        copySnapshots(total, snapshots, copies);
        requireSame(snapshots, copies, "the snapshots");
        out.println(snapshots.count() + " snapshots on both sides, SHA-256 " + snapshots.hash());
    }

    private long copyEvents(long total, long present) throws InterruptedException {
        List<Event> transaction = new ArrayList<>();
        long[] done = new long[2];
        source.read(total, event -> {
            if (done[0]++ < present) {
                return;
            }
            int size = event.getSerializedSize();
            if (transaction.size() == TRANSACTION_EVENTS || done[1] + size > TRANSACTION_BYTES) {
                flush(transaction);
                done[1] = 0;
            }
            transaction.add(event);
            done[1] += size;
            if (done[0] % PROGRESS_EVENTS == 0) {
                out.println(done[0] + " of " + total + " events");
            }
        });
        flush(transaction);
        return total - present;
    }

    private void flush(List<Event> transaction) {
        if (!transaction.isEmpty()) {
            try {
                target.append(transaction);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new CopyException("the copy was interrupted", e);
            }
            transaction.clear();
        }
    }

    private void copySnapshots(long total, Fingerprint ours, Fingerprint theirs) throws InterruptedException {
        source.read(total, event -> {
            if (event.getAggregateIdentifier().isEmpty() || event.getAggregateSequenceNumber() != 0) {
                return;
            }
            try {
                copySnapshots(event.getAggregateIdentifier(), ours, theirs);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new CopyException("the copy was interrupted", e);
            }
        });
    }

    /** Those that the target lacks are appended as they were: the oldest first. */
    private void copySnapshots(String aggregate, Fingerprint ours, Fingerprint theirs) throws InterruptedException {
        Deque<Long> missing = new ArrayDeque<>();
        source.readSnapshots(aggregate, snapshot -> {
            ours.add(snapshot);
            long sequence = snapshot.getAggregateSequenceNumber();
            if (!target.latestSnapshot(aggregate, sequence).equals(Optional.of(snapshot))) {
                missing.push(sequence);
            }
        });
        for (long sequence : missing) {
            target.appendSnapshot(source.latestSnapshot(aggregate, sequence).orElseThrow());
        }
        target.readSnapshots(aggregate, theirs::add); // Also if the source has none: the target may have some.
    }

    private static Fingerprint eventsOf(RemoteStore store, long count) throws InterruptedException {
        Fingerprint fingerprint = new Fingerprint();
        store.read(count, fingerprint::add);
        return fingerprint;
    }

    private void requireSame(Fingerprint ours, Fingerprint theirs, String what) {
        if (ours.count() != theirs.count() || !ours.hash().equals(theirs.hash())) {
            throw new CopyException(
                    what + " differ: " + source + " has " + ours.count() + " with SHA-256 " + ours.hash() + ", "
                            + target + " has " + theirs.count() + " with " + theirs.hash(),
                    null);
        }
    }
}
