package florin.simulation;

import org.axonframework.common.IdentifierFactory;

/** Identifiers that count, for each thread from its simulation's start: the same seed makes the same ones. */
public final class SimulatedIdentifiers extends IdentifierFactory {

    private static final ThreadLocal<long[]> LAST = ThreadLocal.withInitial(() -> new long[1]);

    static void restart() {
        LAST.get()[0] = 0;
    }

    @Override
    public String generateIdentifier() {
        return "id-" + ++LAST.get()[0];
    }
}
