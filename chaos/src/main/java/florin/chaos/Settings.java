package florin.chaos;

import florin.launcher.UsageException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * What a run is asked to do.
 *
 * @param duration how long faults are injected
 * @param seed of the clients' choices and of the faults
 * @param instances of each branch, transfer-saga and account-query
 * @param data the folder, if one is given; otherwise a temporary one
 */
record Settings(Duration duration, long seed, int instances, Optional<Path> data) {
    static final double LONGEST_MINUTES = 60;
    private static final int MOST_INSTANCES = 2;

    static Settings of(List<String> arguments) {
        Settings settings = new Settings(
                Duration.ofMinutes(1), ThreadLocalRandom.current().nextInt(1_000_000), 1, Optional.empty());
        for (int i = 0; i < arguments.size(); i++) {
            String[] parts = arguments.get(i).split("=", 2);
            String value = parts.length == 2 ? parts[1] : i + 1 < arguments.size() ? arguments.get(++i) : "";
            settings = settings.with(parts[0], value);
        }
        return settings;
    }

    private Settings with(String option, String value) {
        return switch (option) {
            case "--minutes" -> new Settings(minutes(value), seed, instances, data);
            case "--seed" -> new Settings(duration, number(value), instances, data);
            case "--instances" -> new Settings(duration, seed, instances(value), data);
            case "--data" -> new Settings(duration, seed, instances, Optional.of(folder(value)));
            default -> throw new UsageException("Not understood: " + option + "; see ./florin chaos --help.");
        };
    }

    private static Duration minutes(String value) {
        double minutes = value.matches("[0-9]{1,4}(\\.[0-9]{1,4})?") ? Double.parseDouble(value) : 0;
        if (minutes <= 0 || minutes > LONGEST_MINUTES) {
            throw new UsageException("--minutes takes a number above 0 and up to " + (int) LONGEST_MINUTES + ".");
        }
        return Duration.ofMillis(Math.round(minutes * 60_000));
    }

    private static long number(String value) {
        if (!value.matches("-?[0-9]{1,18}")) {
            throw new UsageException("--seed takes a whole number of up to 18 digits.");
        }
        return Long.parseLong(value);
    }

    private static int instances(String value) {
        if (!value.matches("[1-" + MOST_INSTANCES + "]")) {
            throw new UsageException("--instances takes a number from 1 to " + MOST_INSTANCES + ".");
        }
        return Integer.parseInt(value);
    }

    private static Path folder(String value) {
        if (value.isBlank()) {
            throw new UsageException("--data takes a folder.");
        }
        return Path.of(value).toAbsolutePath().normalize();
    }
}
