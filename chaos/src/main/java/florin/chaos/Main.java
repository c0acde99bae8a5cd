package florin.chaos;

import florin.launcher.LauncherException;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

/** {@code ./florin chaos}. Exit codes: 0 all invariants held, 1 they did not or the run failed, 2 wrong usage. */
public final class Main {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss");

    private Main() {}

    public static void main(String[] arguments) {
        int exitCode = run(new ArrayList<>(List.of(arguments)));
        System.out.flush();
        System.exit(exitCode);
    }

    private static int run(List<String> arguments) {
        if (!arguments.isEmpty() && arguments.get(0).equals("chaos")) {
            arguments.remove(0);
        }
        try {
            return run(Settings.of(arguments));
        } catch (Settings.UsageException e) {
            System.err.println("florin: " + e.getMessage());
            return 2;
        } catch (LauncherException | ChaosException e) {
            System.out.flush();
            System.err.println("florin: " + e.getMessage());
            return 1;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 1;
        }
    }

    private static int run(Settings settings) throws InterruptedException {
        Path root =
                Path.of(System.getProperty("florin.root", "")).toAbsolutePath().normalize();
        Path folder = settings.data().orElseGet(Main::temporaryFolder);
        if (Files.exists(folder.resolve("database.passwords"))) {
            throw new LauncherException("Chaos needs a new folder, and " + folder
                    + " holds data: choose another one with --data, or none for a temporary one.");
        }
        say("Seed " + settings.seed() + "; the processes start on the folder " + folder + " and free ports.");
        ChaosRun run = new ChaosRun(root, folder, settings, Main::say);
        AtomicBoolean signalled = new AtomicBoolean();
        Thread stop = new Thread(
                () -> {
                    signalled.set(true);
                    say("Stopping");
                    run.close();
                    say("Stopped; data and logs are kept in " + folder);
                    System.out.flush();
                    Runtime.getRuntime().halt(130);
                },
                "stop");
        Runtime.getRuntime().addShutdownHook(stop);
        boolean good = false;
        try {
            Report report = run.run();
            good = report.isGood();
            report.print(System.out);
            if (!good || settings.data().isPresent()) {
                writeDown(folder, report);
            }
        } finally {
            if (signalled.get()) {
                stop.join(); // it ends this JVM
            }
            run.close();
            boolean unused = Runtime.getRuntime().removeShutdownHook(stop);
            if (good && settings.data().isEmpty()) {
                delete(folder);
            } else {
                say("Data and logs are kept in " + folder);
            }
        }
        return good ? 0 : 1;
    }

    /** For who looks for the cause: every answer, and every event. */
    private static void writeDown(Path folder, Report report) {
        try (PrintStream answers =
                        new PrintStream(folder.resolve("chaos-history.txt").toFile(), StandardCharsets.UTF_8);
                PrintStream events =
                        new PrintStream(folder.resolve("chaos-events.txt").toFile(), StandardCharsets.UTF_8)) {
            report.history().all().forEach(answers::println);
            report.atRest().log().events().forEach(events::println);
            report.print(answers);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path temporaryFolder() {
        try {
            return Files.createTempDirectory("florin-chaos-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path folder) {
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void say(String line) {
        System.out.println(LocalTime.now(ZoneId.systemDefault()).format(TIME) + "  " + line);
        System.out.flush();
    }
}
