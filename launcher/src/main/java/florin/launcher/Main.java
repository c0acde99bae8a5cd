package florin.launcher;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The command line of {@code ./florin}. Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 130 interrupted. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        int exitCode = run(new ArrayList<>(List.of(arguments)));
        System.out.flush();
        System.exit(exitCode);
    }

    static int run(List<String> arguments) {
        String name = arguments.isEmpty() ? "--help" : arguments.remove(0);
        if (List.of("--help", "-h", "help").contains(name)) {
            System.out.print(arguments.isEmpty() ? Help.overview() : Help.of(arguments.get(0)));
            return 0;
        }
        if (!Help.knows(name)) {
            System.err.println("florin: there is no command " + name + "; ./florin --help lists them.");
            return 2;
        }
        if (arguments.contains("--help") || arguments.contains("-h")) {
            System.out.print(Help.of(name));
            return 0;
        }
        try {
            Path root = root();
            Settings settings =
                    Settings.read(Setting.of(name), arguments, System.getenv(), root.resolve("florin.properties"));
            if (!arguments.isEmpty() && !name.equals("logs")) {
                throw new UsageException("Not understood: " + arguments.get(0) + "; see ./florin " + name + " --help.");
            }
            return switch (name) {
                case "demo" -> Demo.run(root, settings);
                case "up" -> UpCommand.run(root, settings);
                case "status" -> StatusCommand.run(settings);
                case "down" -> DownCommand.run(settings);
                case "logs" -> LogsCommand.run(settings, arguments);
                case "simulate", "chaos" ->
                    throw new LauncherException("The script ./florin starts " + name + "; it is a program of its own.");
                default -> throw new IllegalStateException(name);
            };
        } catch (LauncherException | UncheckedIOException e) {
            return Console.refuse(e);
        }
    }

    /** The repository: told by the script, otherwise two folders above this jar. */
    private static Path root() {
        String told = System.getProperty("florin.root");
        if (told != null) {
            return Path.of(told).toAbsolutePath().normalize();
        }
        Path jar = Path.of(
                Main.class.getProtectionDomain().getCodeSource().getLocation().getPath());
        return jar.toAbsolutePath().getParent().getParent().getParent();
    }
}
