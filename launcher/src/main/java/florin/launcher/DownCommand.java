package florin.launcher;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** {@code ./florin down}: ends the launcher of a data folder, or what a killed one left behind. */
final class DownCommand {
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final long POLL_MILLIS = 100;

    private DownCommand() {}

    static int run(Settings settings, List<String> operands) {
        if (!operands.isEmpty()) {
            throw new IllegalArgumentException(operands.toString());
        }
        Path data = settings.data();
        Optional<ProcessHandle> launcher = RunningState.read(DataFolder.stateFile(data))
                .flatMap(state -> state.launcher().handle());
        if (launcher.isPresent()) {
            System.out.println("Stopping the Florin of " + data);
            System.out.flush();
            boolean unused = launcher.get().destroy();
            long end = System.nanoTime() + PATIENCE.toNanos();
            while (launcher.get().isAlive()) {
                if (System.nanoTime() > end) {
                    throw new LauncherException("The launcher (process "
                            + launcher.get().pid() + ") does not stop; end it with kill -9 and call down again.");
                }
                Pause.millis(POLL_MILLIS);
            }
            System.out.println("Stopped.");
            return 0;
        }
        int stopped = Leftovers.stop(data, System.out::println);
        System.out.println(stopped == 0 ? "Nothing runs on " + data + "." : "Stopped.");
        return 0;
    }
}
