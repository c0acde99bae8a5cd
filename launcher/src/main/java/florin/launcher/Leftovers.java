package florin.launcher;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Ends the processes of a launcher that was itself killed: nobody else would. */
final class Leftovers {
    private static final int PATIENCE_MILLIS = 20_000;
    private static final int POLL_MILLIS = 50;

    private Leftovers() {}

    /** Stops whatever the state file names and still runs, services before PostgreSQL. */
    static int stop(Path data, Consumer<String> progress) {
        Map<String, ProcessHandle> alive = new LinkedHashMap<>();
        RunningState.read(DataFolder.stateFile(data)).ifPresent(state -> state.processes()
                .forEach((name, entry) -> entry.handle().ifPresent(handle -> alive.put(name, handle))));
        if (alive.isEmpty()) {
            return 0;
        }
        progress.accept("Stopping what an earlier, killed launcher left behind: " + String.join(", ", alive.keySet()));
        alive.values().forEach(handle -> resume(handle, progress));
        ProcessHandle postgresql = alive.remove(Platform.POSTGRESQL);
        alive.values().forEach(ProcessHandle::destroy);
        alive.values().forEach(Leftovers::await);
        if (postgresql != null) {
            interrupt(postgresql, progress);
            await(postgresql);
        }
        return alive.size() + (postgresql == null ? 0 : 1);
    }

    /** A process that is paused could not follow. */
    private static void resume(ProcessHandle handle, Consumer<String> progress) {
        List<Long> all = Stream.concat(Stream.of(handle), handle.descendants())
                .map(ProcessHandle::pid)
                .toList();
        try {
            OperatingSystem.signal("CONT", all);
        } catch (LauncherException e) {
            progress.accept(e.getMessage());
        }
    }

    private static void interrupt(ProcessHandle handle, Consumer<String> progress) {
        try {
            OperatingSystem.interrupt(handle.pid());
        } catch (LauncherException e) {
            progress.accept(e.getMessage());
            boolean unused = handle.destroy();
        }
    }

    private static void await(ProcessHandle handle) {
        for (int waited = 0; handle.isAlive() && waited < PATIENCE_MILLIS; waited += POLL_MILLIS) {
            Pause.millis(POLL_MILLIS);
        }
        if (handle.isAlive()) {
            boolean unused = handle.destroyForcibly();
        }
    }
}
