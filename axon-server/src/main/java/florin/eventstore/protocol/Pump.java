package florin.eventstore.protocol;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

/** Sends a stream in small steps, one step at a time, only while the reader keeps up; any thread may wake it. */
public abstract class Pump<T> implements Runnable {
    /** After so many steps others have their turn: to hand over after each costs more than the step. */
    private static final int STEPS = 8;

    protected final Outbound<T> out;
    private final Executor executor;
    private final AtomicInteger wakeUps = new AtomicInteger();

    protected Pump(Outbound<T> out, Executor executor) {
        this.out = out;
        this.executor = executor;
    }

    /** Sends a bounded number of messages; true if there is more to send at once. */
    protected abstract boolean step();

    /** The call is over; called once or more. */
    protected abstract void stopped();

    public final void wake() {
        if (wakeUps.getAndIncrement() == 0) {
            execute();
        }
    }

    @Override
    public final void run() {
        int seen = wakeUps.get();
        boolean more = false;
        try {
            if (out.isClosed()) {
                stopped();
            } else {
                more = true;
                for (int steps = 0; more && steps < STEPS; steps++) {
                    more = step();
                }
            }
        } catch (RuntimeException | Error e) {
            more = false;
            out.fail(e);
            stopped();
        }
        if (more || wakeUps.addAndGet(-seen) != 0) {
            execute();
        }
    }

    private void execute() {
        try {
            executor.execute(this);
        } catch (RejectedExecutionException e) {
            stopped();
        }
    }
}
