package florin.launcher;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** {@code ./florin down}: ends the launcher of a data folder, or what a killed one left behind. */
final class DownCommand {
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final long POLL_MILLIS = 100;

    private DownCommand() {}

    static int run(Settings settings) {
        Path data = settings.data();
        long end = System.nanoTime() + PATIENCE.toNanos();
        Optional<ProcessHandle> launcher = launcher(data);
        // One that has just started holds the folder, and has not yet written who it is.
        while (launcher.isEmpty() && DataFolder.isInUse(data)) {
            if (System.nanoTime() > end) {
                throw new LauncherException("The data folder " + data
                        + " is in use, and does not say by which process: stop that ./florin with Ctrl-C.");
            }
            Pause.millis(POLL_MILLIS);
            launcher = launcher(data);
        }
        if (launcher.isPresent()) {
            System.out.println("Stopping the Florin of " + data);
            System.out.flush();
            boolean unused = launcher.get().destroy();
            while (launcher.get().isAlive()) {
                if (System.nanoTime() > end) {
                    throw new LauncherException("The launcher (process "
                            + launcher.get().pid() + ") does not stop; end it with kill -9 and call down again.");
                }
                Pause.millis(POLL_MILLIS);
            }
        }
        int left = Leftovers.stop(data, System.out::println);
        System.out.println(launcher.isEmpty() && left == 0 ? "Nothing runs on " + data + "." : "Stopped.");
        return 0;
    }

    private static Optional<ProcessHandle> launcher(Path data) {
        return RunningState.read(DataFolder.stateFile(data))
                .flatMap(state -> state.launcher().handle());
    }
}
