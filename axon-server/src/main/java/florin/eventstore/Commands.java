package florin.eventstore;

import florin.eventstore.protocol.Refusal;
import florin.eventstore.storage.Backup;
import florin.eventstore.storage.Contexts;
import florin.eventstore.storage.StorageConfiguration;
import florin.eventstore.storage.StorageResources;
import florin.eventstore.storage.Verification;
import florin.eventstore.streams.PersistentStreamRpc;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** What can be done with a data folder besides serving it: {@code backup}, {@code restore}, {@code verify}. */
final class Commands {
    private static final Set<String> NAMES = Set.of("backup", "restore", "verify");
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
    /** As long as the node itself keeps a connection whose backup runs. */
    private static final Duration ANSWER_TIMEOUT = Duration.ofHours(1);

    private final PrintStream out;
    private final PrintStream errors;
    private final Duration answerTimeout;

    Commands(PrintStream out, PrintStream errors) {
        this(out, errors, ANSWER_TIMEOUT);
    }

    /**
     * @param answerTimeout how long a running node may take
     */
    Commands(PrintStream out, PrintStream errors, Duration answerTimeout) {
        this.out = out;
        this.errors = errors;
        this.answerTimeout = answerTimeout;
    }

    static boolean isCommand(String word) {
        return NAMES.contains(word);
    }

    /** Returns the exit code: 0 done, 1 failed or damaged, 2 not understood. */
    int run(String... arguments) {
        Deque<String> words = new ArrayDeque<>(List.of(arguments));
        String command = words.remove();
        Path data = Path.of("data");
        Path folder = null;
        while (!words.isEmpty()) {
            String word = words.remove();
            if (word.equals("--data") && !words.isEmpty()) {
                data = Path.of(words.remove());
            } else if (!word.startsWith("--") && folder == null && !command.equals("verify")) {
                folder = Path.of(word).toAbsolutePath().normalize();
            } else {
                return misunderstood("unknown argument of " + command + ": " + word);
            }
        }
        data = data.toAbsolutePath().normalize();
        if (folder == null && !command.equals("verify")) {
            return misunderstood(command + " needs a folder");
        }
        try {
            switch (command) {
                case "backup" -> backup(data, folder);
                case "restore" -> restore(data, folder);
                default -> verify(data);
            }
            return 0;
        } catch (Refusal | IOException | UncheckedIOException e) {
            errors.println(command + " failed: " + e.getMessage());
            return 1;
        }
    }

    private int misunderstood(String message) {
        errors.println(message);
        return 2;
    }

    private void backup(Path data, Path target) throws IOException {
        if (!Files.isDirectory(data.resolve("contexts"))) {
            throw Refusal.invalid("there is no event store in " + data);
        }
        if (target.startsWith(data)) {
            throw Refusal.invalid("a backup belongs outside of the data folder");
        }
        ControlFile control = ControlFile.read(data);
        try {
            if (control != null) {
                out.print(askNode(control, target));
                return;
            }
        } catch (ConnectException e) {
            out.println("the node that wrote the folder was killed; the backup is made without it");
        }
        try (Contexts contexts = new Contexts(data, StorageConfiguration.DEFAULT)) {
            contexts.open();
            contexts.backUp(target).forEach(entry -> out.println(entry.context() + ": " + entry.events() + " events"));
        }
    }

    private String askNode(ControlFile control, Path target) throws IOException {
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("http://" + control.address() + ControlServer.BACKUP_PATH))
                .header(ControlServer.TOKEN_HEADER, control.token())
                .timeout(answerTimeout)
                .POST(HttpRequest.BodyPublishers.ofString(target.toString()))
                .build();
        try {
            HttpResponse<String> response = HttpClient.newBuilder()
                    .proxy(HttpClient.Builder.NO_PROXY)
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(CONNECT_TIMEOUT)
                    .build()
                    .send(request, HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() != 200) {
                throw new IOException("the node answers " + response.statusCode() + ": " + response.body());
            }
            return response.body();
        } catch (HttpConnectTimeoutException e) {
            throw new IOException("the node at " + control.address() + " cannot be reached: it may hang", e);
        } catch (HttpTimeoutException e) {
            throw new IOException(
                    "the node at " + control.address() + " has not answered within " + answerTimeout.toSeconds()
                            + " s: it may hang, or still make the backup",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private void restore(Path data, Path source) {
        try (StorageResources resources = new StorageResources(data.resolve("native"))) {
            new Backup(source)
                    .restore(data, resources, PersistentStreamRpc::check)
                    .forEach(this::print);
        }
    }

    private void verify(Path data) throws IOException {
        if (!Files.isDirectory(data.resolve("contexts"))) {
            throw Refusal.invalid("there is no event store in " + data);
        }
        try (StorageResources resources = new StorageResources(data.resolve("native"));
                Stream<Path> folders = Files.list(data.resolve("contexts"))) {
            for (Path folder : folders.filter(Files::isDirectory)
                    .filter(path -> Contexts.isName(path.getFileName().toString()))
                    .sorted()
                    .toList()) {
                print(folder.getFileName().toString(), Verification.of(folder, resources, PersistentStreamRpc::check));
            }
        }
    }

    private void print(String context, Verification.Report report) {
        out.println(context + ": " + report.events() + " events, " + report.aggregates() + " aggregates, "
                + report.snapshots() + " snapshots, " + report.schedules() + " schedules, sha256 " + report.hash());
    }
}
