package florin.launcher;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** What differs between Linux and macOS, root and others. */
final class OperatingSystem {
    static final Path NOTHING = Path.of("/dev/null");
    private static final String NOBODY = "65534";
    private static final long COMMAND_TIMEOUT_SECONDS = 60;
    /** The start is field 22, the first one after the name is 3. */
    private static final int START_AFTER_NAME = 22 - 3;

    private OperatingSystem() {}

    static boolean isMac() {
        return System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("mac");
    }

    /**
     * A prefix that gives a child a session of its own, so that Ctrl-C in the terminal reaches the launcher alone and the
     * children stop in order.
     */
    static List<String> ownSession() {
        if (onPath("setsid")) {
            return List.of("setsid");
        }
        if (onPath("perl")) {
            return List.of("perl", "-MPOSIX", "-e", "POSIX::setsid(); exec @ARGV or die $!", "--");
        }
        return List.of();
    }

    /**
     * A prefix that runs PostgreSQL, which refuses root, as somebody else.
     *
     * @param binaries folder of programs, which the other user must be able to read
     * @param owned a folder of PostgreSQL's own in the data folder, and files beside it: the other user is to have them
     */
    static List<String> notRoot(Path binaries, Path... owned) {
        if (!"root".equals(System.getProperty("user.name"))) {
            return List.of();
        }
        if (onPath("unshare") && run(List.of("unshare", "-U", "true")) == 0) {
            // In a user namespace without a map, root's own files belong to the one user that there is.
            return List.of("unshare", "-U");
        }
        if (!onPath("setpriv")) {
            throw new LauncherException("PostgreSQL refuses to run as root, and neither unshare nor setpriv can give it"
                    + " another user here: start Florin as an ordinary user.");
        }
        List<String> nobody = List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups");
        // The data folder is root's alone: this group may pass through it, and see nothing of it.
        String passThrough = "d=$1; shift; chgrp " + NOBODY + " \"$d\" && chmod g+x \"$d\" && chown -R " + NOBODY + ":"
                + NOBODY + " \"$@\"";
        List<String> give = new ArrayList<>(List.of("sh", "-c", passThrough, "sh"));
        give.add(owned[0].getParent().toString());
        for (Path path : owned) {
            give.add(path.toString());
        }
        List<String> reach = new ArrayList<>(nobody);
        reach.addAll(List.of("sh", "-c", "cd \"$1\" && cd \"$2\"", "sh", binaries.toString(), owned[0].toString()));
        if (run(give) != 0 || run(reach) != 0) {
            throw new LauncherException("PostgreSQL refuses to run as root, and the user that it runs as (" + NOBODY
                    + ") must be able to reach " + binaries + " and " + owned[0] + ": choose other folders with "
                    + Setting.CACHE.option() + " and " + Setting.DATA.option()
                    + ", or start Florin as an ordinary user.");
        }
        return nobody;
    }

    /**
     * When a process started, as it tells this process from every other one with its number: on Linux by the running system
     * and its ticks since boot, for a time of day would move with the clock. Empty if it does not run.
     */
    static String start(long pid) {
        if (!Files.exists(Path.of("/proc/self/stat"))) {
            return ProcessHandle.of(pid)
                    .flatMap(handle -> handle.info().startInstant())
                    .map(Instant::toString)
                    .orElse("");
        }
        try {
            Path bootId = Path.of("/proc/sys/kernel/random/boot_id");
            String boot = Files.exists(bootId) ? Files.readString(bootId).strip() : "";
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"), StandardCharsets.ISO_8859_1);
            // See proc(5): the second of the fields, the program's name in parentheses, may hold whatever it likes.
            return boot + "/" + stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[START_AFTER_NAME];
        } catch (IOException e) {
            return "";
        }
    }

    static void interrupt(long pid) {
        signal("INT", List.of(pid));
    }

    /** Sends a signal to each process; those that are gone are left out. */
    static void signal(String signal, List<Long> pids) {
        if (pids.isEmpty()) {
            return;
        }
        // The shell's own kill: not every machine has a program of that name.
        String numbers = pids.stream().map(Object::toString).collect(Collectors.joining(" "));
        int unused = run(List.of("sh", "-c", "kill -" + signal + " " + numbers));
    }

    /** Runs a command to its end and gives its exit code; its output is dropped. */
    static int run(List<String> command) {
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(NOTHING.toFile()))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD);
        try {
            Process process = builder.start();
            if (!process.waitFor(COMMAND_TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
                Process unused = process.destroyForcibly();
                throw new LauncherException("The command " + command.get(0) + " takes too long.");
            }
            return process.exitValue();
        } catch (IOException e) {
            throw new LauncherException(LauncherException.reason(e) + ".", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LauncherException("Interrupted.", e);
        }
    }

    private static boolean onPath(String program) {
        String path = System.getenv().getOrDefault("PATH", "/usr/bin:/bin");
        for (String folder : path.split(":", -1)) {
            if (!folder.isEmpty() && Files.isExecutable(Path.of(folder, program))) {
                return true;
            }
        }
        return false;
    }
}
