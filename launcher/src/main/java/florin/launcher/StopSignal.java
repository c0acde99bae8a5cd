package florin.launcher;

import java.util.concurrent.atomic.AtomicBoolean;

/** What this program does when it is asked to end, by Ctrl-C or SIGTERM; after that it ends at once. */
public final class StopSignal {
    private final AtomicBoolean given = new AtomicBoolean();
    private final Thread hook;

    private StopSignal(int exitCode, Runnable stop) {
        hook = new Thread(
                () -> {
                    given.set(true);
                    stop.run();
                    System.out.flush();
                    Runtime.getRuntime().halt(exitCode);
                },
                "stop");
    }

    public static StopSignal onSignal(int exitCode, Runnable stop) {
        StopSignal signal = new StopSignal(exitCode, stop);
        Runtime.getRuntime().addShutdownHook(signal.hook);
        return signal;
    }

    public boolean isGiven() {
        return given.get();
    }

    /** Waits for the end of this JVM, once the signal was given. */
    public void awaitEnd() throws InterruptedException {
        hook.join();
    }

    /** From now on this program ends as others do. */
    public void forget() {
        boolean unused = Runtime.getRuntime().removeShutdownHook(hook);
    }
}
