package florin.launcher;

import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.function.Consumer;

/** Progress lines for a person at a terminal. */
public final class Console {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss");

    private Console() {}

    /** Each line with the time, at once. */
    public static Consumer<String> timed() {
        return line -> {
            System.out.println(LocalTime.now(ZoneId.systemDefault()).format(TIME) + "  " + line);
            System.out.flush();
        };
    }
}
