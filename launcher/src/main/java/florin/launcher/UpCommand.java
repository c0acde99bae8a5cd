package florin.launcher;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/** {@code ./florin up}: everything on fixed ports until a signal comes. */
final class UpCommand {
    private UpCommand() {}

    static int run(Path root, Settings settings, List<String> operands) {
        if (!operands.isEmpty()) {
            throw new IllegalArgumentException(operands.toString());
        }
        PlatformConfiguration configuration = new PlatformConfiguration(
                root,
                settings.data(),
                settings.cache(root),
                settings.ports(),
                Optional.empty(),
                settings.databaseUrls(),
                Map.of(),
                true,
                false,
                Console.timed());
        Platform platform = Platform.prepare(configuration);
        StopSignal signal = StopSignal.onSignal(0, () -> {
            System.out.println("Stopping");
            platform.close();
            System.out.println("Stopped; the data stays in " + settings.data());
        });
        try {
            platform.startAll();
        } catch (RuntimeException e) {
            if (signal.isGiven()) {
                waitForever(); // the hook is stopping what was started, and ends this JVM
            }
            platform.close();
            signal.forget();
            throw e;
        }
        System.out.println();
        System.out.println("Florin runs; its data and logs are in " + settings.data());
        System.out.println("  branch FLNO     " + platform.url(Platform.ACCOUNT_COMMAND_FLNO) + "/swagger-ui.html");
        System.out.println("  branch FLSO     " + platform.url(Platform.ACCOUNT_COMMAND_FLSO) + "/swagger-ui.html");
        System.out.println("  transfers       " + platform.url(Platform.TRANSFER_SAGA) + "/swagger-ui.html");
        System.out.println("  queries         " + platform.url(Platform.ACCOUNT_QUERY) + "/swagger-ui.html");
        System.out.println("  axon-server     " + platform.url(Platform.AXON_SERVER) + "/actuator/health, gRPC on port "
                + configuration.ports().axonServerGrpc());
        System.out.println("Ctrl-C stops it, and so does ./florin down from another shell.");
        System.out.flush();
        waitForever();
        return 0;
    }

    private static void waitForever() {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
