package florin.launcher;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * One child process that is started again whenever it dies, with a growing, bounded pause. Safe for use by several threads.
 */
final class ManagedProcess {
    private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
    private static final Duration STEADY_AFTER = Duration.ofSeconds(60);
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(60);
    private static final long LOG_BYTES = 16L << 20;
    private static final int LOG_CHECK_SECONDS = 1;

    private final String name;
    private final Supplier<List<String>> command;
    private final Map<String, String> environment;
    private final Path log;
    private final boolean stopByInterrupt;
    private final Consumer<String> progress;
    private final Runnable changed;

    private Process process;
    private Instant startedAt = Instant.EPOCH;
    private boolean stopping;
    private boolean supervised;
    private int restarts;

    /**
     * Describes a process without starting it.
     *
     * @param command asked for anew at every start
     * @param stopByInterrupt stop by SIGINT (PostgreSQL's fast shutdown) rather than SIGTERM
     * @param changed told after every start
     */
    ManagedProcess(
            String name,
            Supplier<List<String>> command,
            Map<String, String> environment,
            Path log,
            boolean stopByInterrupt,
            Consumer<String> progress,
            Runnable changed) {
        this.name = name;
        this.command = command;
        this.environment = environment;
        this.log = log;
        this.stopByInterrupt = stopByInterrupt;
        this.progress = progress;
        this.changed = changed;
    }

    String name() {
        return name;
    }

    Path log() {
        return log;
    }

    synchronized long pid() {
        return process == null ? -1 : process.pid();
    }

    synchronized int restarts() {
        return restarts;
    }

    synchronized boolean isAlive() {
        return process != null && process.isAlive();
    }

    synchronized Optional<Integer> exitCode() {
        return process == null || process.isAlive() ? Optional.empty() : Optional.of(process.exitValue());
    }

    void start() {
        launch();
        changed.run();
    }

    /** From now on, a death is followed by a new start. */
    void supervise() {
        synchronized (this) {
            if (supervised) {
                return;
            }
            supervised = true;
        }
        Thread thread = new Thread(this::watch, "watch-" + name);
        thread.setDaemon(true);
        thread.start();
    }

    private synchronized void launch() {
        if (stopping) {
            return;
        }
        List<String> line = new ArrayList<>(OperatingSystem.ownSession());
        line.addAll(command.get());
        ProcessBuilder builder = new ProcessBuilder(line)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .redirectInput(ProcessBuilder.Redirect.from(OperatingSystem.NOTHING.toFile()));
        builder.environment().putAll(environment);
        try {
            Files.createDirectories(log.getParent());
            process = builder.start();
            startedAt = Instant.now();
        } catch (IOException e) {
            throw new LauncherException("The process " + name + " cannot be started: " + e.getMessage() + ".", e);
        }
    }

    private void watch() {
        Duration pause = FIRST_PAUSE;
        boolean started = true;
        while (true) {
            try {
                String what = name;
                if (started) {
                    int exitCode = awaitExitCode();
                    what += " died (exit code " + exitCode + "; ./florin logs " + name + " tells why); it";
                }
                synchronized (this) {
                    if (stopping) {
                        return;
                    }
                    if (started && Duration.between(startedAt, Instant.now()).compareTo(STEADY_AFTER) > 0) {
                        pause = FIRST_PAUSE;
                    }
                }
                progress.accept(what + " is started again in " + pause.toMillis() + " ms");
                TimeUnit.MILLISECONDS.sleep(pause.toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
            pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause.multipliedBy(2);
            started = restart();
        }
    }

    private int awaitExitCode() throws InterruptedException {
        Process watched;
        synchronized (this) {
            watched = process;
        }
        while (!watched.waitFor(LOG_CHECK_SECONDS, TimeUnit.SECONDS)) {
            boundLog();
        }
        return watched.exitValue();
    }

    /** False if the process could not be started; whatever fails, the watch goes on. */
    private boolean restart() {
        try {
            synchronized (this) {
                if (stopping) {
                    return true;
                }
                launch();
                restarts++;
            }
        } catch (RuntimeException e) {
            progress.accept(Console.sentence(e));
            return false;
        }
        try {
            changed.run();
        } catch (RuntimeException e) {
            progress.accept(Console.sentence(e));
        }
        return true;
    }

    /**
     * Puts a log that has become too long in the place of the one before, and goes on with an empty one. The process has its
     * file open and goes on writing to its end; what it writes at this very moment is lost.
     */
    private void boundLog() {
        if (!Files.isRegularFile(log)) {
            return; // Somebody deleted it.
        }
        try (FileChannel file = FileChannel.open(log, StandardOpenOption.WRITE)) {
            if (file.size() > LOG_BYTES) {
                keepOldLog();
                file.truncate(0);
            }
        } catch (IOException e) {
            progress.accept("The log of " + name + " cannot be begun anew: " + e.getMessage());
        }
    }

    private void keepOldLog() {
        try {
            Files.copy(log, log.resolveSibling(log.getFileName() + ".1"), StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            progress.accept("The log of " + name + " is begun anew, what it held is lost: " + e.getMessage());
        }
    }

    /**
     * {@code kill -9} of the process and its children, without telling the watch that it is meant. Returns when the process
     * is dead.
     */
    void kill() {
        Process victim;
        List<ProcessHandle> children;
        synchronized (this) {
            victim = process;
            children = stopped(victim);
        }
        Process unused = victim.destroyForcibly();
        children.forEach(ProcessHandle::destroyForcibly);
        awaitExit(victim, STOP_TIMEOUT);
    }

    /** SIGSTOP to the process and its children; false if it is dead, or about to be started again. */
    synchronized boolean pause() {
        if (stopping || process == null || !process.isAlive()) {
            return false;
        }
        List<Long> children = stopped(process).stream().map(ProcessHandle::pid).toList();
        OperatingSystem.signal("STOP", children);
        return true;
    }

    /** The children of a process that has none after these, because it is stopped. */
    private static List<ProcessHandle> stopped(Process parent) {
        if (parent.isAlive()) {
            OperatingSystem.signal("STOP", List.of(parent.pid()));
        }
        return parent.descendants().toList();
    }

    /** SIGCONT to the process and its children. */
    synchronized void resume() {
        if (process != null && process.isAlive()) {
            List<Long> all = Stream.concat(Stream.of(process.toHandle()), process.descendants())
                    .map(ProcessHandle::pid)
                    .toList();
            OperatingSystem.signal("CONT", all);
        }
    }

    /** Asks the process to end, without waiting for it. */
    synchronized void requestStop() {
        stopping = true;
        if (process != null && process.isAlive()) {
            askToEnd();
        }
    }

    /**
     * Asks the process to end, without telling the watch that it is meant; false if it is dead, or about to be started again.
     */
    synchronized boolean terminate() {
        if (stopping || process == null || !process.isAlive()) {
            return false;
        }
        askToEnd();
        return true;
    }

    private void askToEnd() {
        try {
            resume(); // a paused one could not follow
            if (stopByInterrupt) {
                OperatingSystem.interrupt(process.pid());
                return;
            }
        } catch (LauncherException e) {
            progress.accept(e.getMessage()); // The signals that follow need no program.
        }
        process.destroy();
    }

    /** Asks the process to end, and ends it by force if it does not follow in time. */
    void stop() {
        requestStop();
        Process ending;
        synchronized (this) {
            ending = process;
        }
        if (ending != null && !awaitExit(ending, STOP_TIMEOUT)) {
            progress.accept(name + " does not stop; it is ended by force");
            Process unused = ending.destroyForcibly();
            awaitExit(ending, STOP_TIMEOUT);
        }
    }

    private static boolean awaitExit(Process process, Duration timeout) {
        boolean interrupted = false;
        try {
            long end = System.nanoTime() + timeout.toNanos();
            while (true) {
                try {
                    return process.waitFor(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** The last lines of the log, for a message about a failure. */
    String logTail(int lines) {
        try {
            List<String> all = Files.readAllLines(log);
            return String.join("\n", all.subList(Math.max(0, all.size() - lines), all.size()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
