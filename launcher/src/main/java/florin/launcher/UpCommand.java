package florin.launcher;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;

/** {@code ./florin up}: everything on fixed ports until a signal comes. */
final class UpCommand {
    private UpCommand() {}

    static int run(Path root, Settings settings) {
        int instances = settings.instances();
        PlatformConfiguration configuration = new PlatformConfiguration(
                        root,
                        settings.data(),
                        settings.cache(root),
                        settings.ports(),
                        List.of(),
                        settings.databaseUrls(),
                        Map.of(),
                        true,
                        false,
                        Console.timed())
                .withInstances(instances);
        Platform platform = Platform.prepare(configuration);
        StopSignal signal = StopSignal.onSignal(0, () -> {
            System.out.println("Stopping");
            platform.close();
            System.out.println("Stopped; the data stays in " + settings.data());
        });
        try {
            platform.startAll();
        } catch (RuntimeException e) {
            signal.awaitEndIfGiven();
            platform.close();
            signal.forget();
            throw e;
        }
        System.out.println();
        System.out.println("Florin runs; its data and logs are in " + settings.data());
        tell("branch FLNO", Platform.ACCOUNT_COMMAND_FLNO, platform, instances);
        tell("branch FLSO", Platform.ACCOUNT_COMMAND_FLSO, platform, instances);
        tell("transfers", Platform.TRANSFER_SAGA, platform, instances);
        tell("queries", Platform.ACCOUNT_QUERY, platform, instances);
        System.out.println("  axon-server     " + platform.url(Platform.AXON_SERVER) + "/actuator/health, gRPC on port "
                + configuration.ports().axonServerGrpc());
        System.out.println("Ctrl-C stops it, and so does ./florin down from another shell.");
        System.out.flush();
        waitForever();
        return 0;
    }

    private static void tell(String what, String service, Platform platform, int instances) {
        String addresses = Platform.instances(service, instances).stream()
                .map(process -> platform.url(process) + "/swagger-ui.html")
                .collect(Collectors.joining(", "));
        System.out.printf("  %-15s %s%n", what, addresses);
    }

    private static void waitForever() {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
