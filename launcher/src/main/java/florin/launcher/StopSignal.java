package florin.launcher;

import java.io.UncheckedIOException;
import java.util.concurrent.atomic.AtomicBoolean;

/** What this program does when it is asked to end, by Ctrl-C or SIGTERM; after that it ends at once. */
public final class StopSignal {
    private final AtomicBoolean given = new AtomicBoolean();
    private final Thread hook;

    private StopSignal(int exitCode, Runnable stop) {
        hook = new Thread(
                () -> {
                    given.set(true);
                    int code = exitCode;
                    try {
                        stop.run();
                    } catch (LauncherException | UncheckedIOException e) {
                        code = Console.refuse(e);
                    }
                    System.out.flush();
                    Runtime.getRuntime().halt(code);
                },
                "stop");
    }

    public static StopSignal onSignal(int exitCode, Runnable stop) {
        StopSignal signal = new StopSignal(exitCode, stop);
        Runtime.getRuntime().addShutdownHook(signal.hook);
        return signal;
    }

    /** Once the signal was given, waits for the end of this JVM: what fails meanwhile fails because it is stopped. */
    public void awaitEndIfGiven() {
        try {
            if (given.get()) {
                hook.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** From now on this program ends as others do; if the signal has come, this is its end. */
    public void forget() {
        try {
            boolean unused = Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            given.set(true);
            awaitEndIfGiven();
        }
    }
}
