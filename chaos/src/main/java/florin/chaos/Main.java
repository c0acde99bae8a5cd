package florin.chaos;

import florin.launcher.Console;
import florin.launcher.DataFolder;
import florin.launcher.LauncherException;
import florin.launcher.StopSignal;
import florin.launcher.UnpackedFolder;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** {@code ./florin chaos}. Exit codes: 0 all invariants held, 1 they did not or the run failed, 2 wrong usage, 130 interrupted. */
public final class Main {
    private static final Consumer<String> SAY = Console.timed();

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
        } catch (LauncherException | ChaosException | UncheckedIOException e) {
            return Console.refuse(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 1;
        }
    }

    private static int run(Settings settings) throws InterruptedException {
        Path root =
                Path.of(System.getProperty("florin.root", "")).toAbsolutePath().normalize();
        Path folder = DataFolder.fresh(settings.data(), "Chaos", "florin-chaos-");
        SAY.accept("Seed " + settings.seed() + "; the processes start on the folder " + folder + " and free ports.");
        ChaosRun run = new ChaosRun(root, folder, settings, SAY);
        StopSignal signal = StopSignal.onSignal(130, () -> {
            SAY.accept("Stopping");
            run.close();
            SAY.accept("Stopped; data and logs are kept in " + folder);
        });
        boolean good = false;
        try {
            good = reported(run, folder, settings);
        } finally {
            signal.awaitEndIfGiven();
            run.close();
            signal.forget();
            if (good && settings.data().isEmpty()) {
                UnpackedFolder.delete(folder);
            } else {
                SAY.accept("Data and logs are kept in " + folder);
            }
        }
        return good ? 0 : 1;
    }

    private static boolean reported(ChaosRun run, Path folder, Settings settings) throws InterruptedException {
        Optional<Report> report = Optional.empty();
        try {
            report = Optional.of(run.run());
            report.get().print(System.out);
        } finally {
            if (settings.data().isPresent() || report.filter(Report::isGood).isEmpty()) {
                writeDown(folder, run, report);
            }
        }
        return report.get().isGood();
    }

    /** For who looks for the cause: every answer, and every event. */
    private static void writeDown(Path folder, ChaosRun run, Optional<Report> report) {
        try (PrintStream answers =
                        new PrintStream(folder.resolve("chaos-history.txt").toFile(), StandardCharsets.UTF_8);
                PrintStream events =
                        new PrintStream(folder.resolve("chaos-events.txt").toFile(), StandardCharsets.UTF_8)) {
            run.history().all().forEach(answers::println);
            run.log().events().forEach(events::println);
            report.ifPresent(whole -> whole.print(answers));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
