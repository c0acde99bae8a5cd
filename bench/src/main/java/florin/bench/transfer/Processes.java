package florin.bench.transfer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/** What the platform's processes use, as Linux tells in /proc; nothing elsewhere. */
final class Processes {

    private static final double TICKS_PER_SECOND = 100; // USER_HZ, the same on every Linux of today.

    /** Of one processor; what the services need without any work is less. */
    private static final double QUIET = 0.1;

    private static final int PATIENCE_SECONDS = 30;

    private final Map<String, Long> pids;

    Processes(Map<String, Long> pids) {
        this.pids = Files.exists(Path.of("/proc/self/stat")) ? pids : Map.of();
    }

    /** Seconds of processor time since each started, children that ended included. */
    Map<String, Double> cpuSeconds() {
        Map<String, Double> seconds = new LinkedHashMap<>();
        pids.forEach((name, pid) -> seconds.put(name, sum(pid, Processes::cpuTicks) / TICKS_PER_SECOND));
        return seconds;
    }

    /** Waits until the processes have no work left over; false if patience ended before. */
    boolean awaitQuiet() throws InterruptedException {
        boolean isQuiet = pids.isEmpty();
        for (int second = 0; !isQuiet && second < PATIENCE_SECONDS; second++) {
            double before = sum(cpuSeconds());
            TimeUnit.SECONDS.sleep(1);
            isQuiet = sum(cpuSeconds()) - before < QUIET;
        }
        return isQuiet;
    }

    static double sum(Map<String, Double> seconds) {
        return seconds.values().stream().mapToDouble(Double::doubleValue).sum();
    }

    Map<String, Long> residentMebibytes() {
        Map<String, Long> mebibytes = new LinkedHashMap<>();
        pids.forEach((name, pid) -> mebibytes.put(name, sum(pid, Processes::proportionalKibibytes) / 1024));
        return mebibytes;
    }

    private static long sum(long pid, ToLongFunction<Long> use) {
        return Stream.concat(
                        Stream.of(pid),
                        ProcessHandle.of(pid).stream()
                                .flatMap(ProcessHandle::descendants)
                                .map(ProcessHandle::pid))
                .mapToLong(use)
                .sum();
    }

    private static long cpuTicks(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
            String[] fields =
                    stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1); // From the third field of proc(5) on.
            return Long.parseLong(fields[11])
                    + Long.parseLong(fields[12])
                    + Long.parseLong(fields[13])
                    + Long.parseLong(fields[14]);
        } catch (IOException ended) {
            return 0;
        }
    }

    /** Memory that several processes share, as PostgreSQL's do, counts once. */
    private static long proportionalKibibytes(long pid) {
        try {
            List<String> lines = Files.readAllLines(Path.of("/proc", Long.toString(pid), "smaps_rollup"));
            return lines.stream()
                    .filter(line -> line.startsWith("Pss:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .sum();
        } catch (IOException ended) {
            return 0;
        }
    }
}
