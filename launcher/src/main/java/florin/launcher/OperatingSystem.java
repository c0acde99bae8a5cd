package florin.launcher;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** What differs between Linux and macOS, root and others. */
final class OperatingSystem {
    static final Path NOTHING = Path.of("/dev/null");
    private static final long COMMAND_TIMEOUT_SECONDS = 60;

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
     * @param folder the data folder, which the other user must be able to write
     */
    static List<String> notRoot(Path folder) {
        if (!"root".equals(System.getProperty("user.name"))) {
            return List.of();
        }
        if (onPath("unshare") && run(List.of("unshare", "-U", "true"), Map.of()) == 0) {
            // In a user namespace without a map, root's own files belong to the one user that there is.
            return List.of("unshare", "-U");
        }
        if (onPath("setpriv") && run(List.of("chown", "-R", "65534:65534", folder.toString()), Map.of()) == 0) {
            return List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups");
        }
        throw new LauncherException("PostgreSQL refuses to run as root, and neither unshare nor setpriv can give it"
                + " another user here: start Florin as an ordinary user.");
    }

    static void interrupt(long pid) {
        signal("INT", List.of(pid));
    }

    /** Sends a signal to each process; those that are gone are left out. */
    static void signal(String signal, List<Long> pids) {
        if (pids.isEmpty()) {
            return;
        }
        List<String> command = new ArrayList<>(List.of("kill", "-" + signal));
        pids.forEach(pid -> command.add(Long.toString(pid)));
        int unused = run(command, Map.of());
    }

    /** Runs a command to its end and gives its exit code; its output is dropped. */
    static int run(List<String> command, Map<String, String> environment) {
        return run(command, environment, ProcessBuilder.Redirect.DISCARD);
    }

    static int run(List<String> command, Map<String, String> environment, ProcessBuilder.Redirect output) {
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(NOTHING.toFile()))
                .redirectOutput(output);
        builder.environment().putAll(environment);
        try {
            Process process = builder.start();
            if (!process.waitFor(COMMAND_TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
                Process unused = process.destroyForcibly();
                throw new LauncherException("The command " + command.get(0) + " takes too long.");
            }
            return process.exitValue();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
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
