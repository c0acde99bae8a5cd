package florin.launcher;

import java.io.UncheckedIOException;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.function.Consumer;

/** Progress lines for a person at a terminal. */
public final class Console {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss");

    private Console() {}

    /** Prints the one sentence of a refusal or failure, and gives the exit code that goes with it. */
    public static int refuse(RuntimeException refusal) {
        System.out.flush();
        System.err.println("florin: " + sentence(refusal));
        return refusal instanceof UsageException ? 2 : 1;
    }

    static String sentence(RuntimeException failure) {
        if (failure instanceof UncheckedIOException io) {
            return LauncherException.reason(io.getCause()) + ".";
        }
        return failure.getMessage() == null ? failure.toString() : failure.getMessage();
    }

    /** Each line with the time, at once. */
    public static Consumer<String> timed() {
        return line -> {
            System.out.println(LocalTime.now(ZoneId.systemDefault()).format(TIME) + "  " + line);
            System.out.flush();
        };
    }
}
