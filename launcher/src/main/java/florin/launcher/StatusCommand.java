package florin.launcher;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** {@code ./florin status}: what runs on a data folder, asked from outside. */
final class StatusCommand {
    private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(2);

    private StatusCommand() {}

    static int run(Settings settings, List<String> operands) {
        if (!operands.isEmpty()) {
            throw new IllegalArgumentException(operands.toString());
        }
        Path data = settings.data();
        Optional<RunningState> state = RunningState.read(DataFolder.stateFile(data));
        if (state.isEmpty() || state.get().launcher().handle().isEmpty()) {
            System.out.println("Nothing runs on " + data + ".");
            return 1;
        }
        System.out.printf("%-22s %8s %-9s %8s  %s%n", "NAME", "PID", "STATE", "RESTARTS", "ADDRESS");
        boolean all = true;
        for (var process : state.get().processes().entrySet()) {
            RunningState.Entry entry = process.getValue();
            String health = health(entry);
            all &= health.equals("ready");
            System.out.printf(
                    "%-22s %8d %-9s %8d  %s%n", process.getKey(), entry.pid(), health, entry.restarts(), entry.url());
        }
        return all ? 0 : 1;
    }

    private static String health(RunningState.Entry entry) {
        if (entry.handle().isEmpty()) {
            return "dead";
        }
        if (entry.health().isEmpty()) {
            return "ready";
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
