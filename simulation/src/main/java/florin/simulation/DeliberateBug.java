package florin.simulation;

import java.util.Set;
import java.util.function.Supplier;

/**
 * A bug that the simulation has to find.
 *
 * @param breaks the invariants that it breaks first, one or another by the seed
 */
record DeliberateBug(String label, String description, Set<Invariant> breaks, Supplier<Bug> bug) {

    @Override
    public String toString() {
        return label;
    }
}
