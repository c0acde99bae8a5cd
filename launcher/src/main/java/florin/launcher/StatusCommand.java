package florin.launcher;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** {@code ./florin status}: what runs on a data folder, asked from outside. */
final class StatusCommand {
    private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(2);

    private StatusCommand() {}

    static int run(Settings settings) {
        Path data = settings.data();
        Optional<RunningState> state = RunningState.read(DataFolder.stateFile(data))
                .filter(known -> known.launcher().handle().isPresent());
        if (state.isEmpty() || state.get().processes().isEmpty()) {
            System.out.println(
                    DataFolder.isInUse(data) ? "Florin starts on " + data + "." : "Nothing runs on " + data + ".");
            return 1;
        }
        System.out.printf("%-22s %8s %-11s %8s  %s%n", "NAME", "PID", "STATE", "RESTARTS", "ADDRESS");
        boolean all = true;
        for (var process : state.get().processes().entrySet()) {
            RunningState.Entry entry = process.getValue();
            String health = health(entry, data);
            all &= health.equals("ready");
            System.out.printf(
                    "%-22s %8s %-11s %8d  %s%n",
                    process.getKey(), entry.hasStarted() ? entry.pid() : "-", health, entry.restarts(), entry.url());
        }
        return all ? 0 : 1;
    }

    private static String health(RunningState.Entry entry, Path data) {
        if (!entry.hasStarted()) {
            return "not started";
        }
        if (entry.handle().isEmpty()) {
            return "dead";
        }
        if (entry.health().isEmpty()) { // PostgreSQL
            return PostgresqlServer.isReady(entry.url(), DatabaseAccounts.read(DataFolder.passwords(data)))
                    ? "ready"
                    : "not ready";
        }
        HttpRequest request = HttpRequest.newBuilder(URI.create(entry.health()))
                .timeout(PROBE_TIMEOUT)
                .build();
        try {
            int status = HttpClient.newBuilder()
                    .connectTimeout(PROBE_TIMEOUT)
                    .build()
                    .send(request, HttpResponse.BodyHandlers.discarding())
                    .statusCode();
            return status == 200 ? "ready" : "not ready";
        } catch (IOException e) {
            return "not ready";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LauncherException("Interrupted.", e);
        }
    }
}
