package florin.simulation;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What came of a simulation.
 *
 * @param violation the first invariant that was broken
 * @param faults the names of the faults that struck
 * @param requests how many requests of clients there were
 * @param scenario what the seed is about
 * @param happened how many things happened
 * @param events how many events the log has
 * @param history what happened, if that was asked for
 */
record Outcome(
        long seed,
        Optional<Violation> violation,
        Set<String> faults,
        int requests,
        String scenario,
        int happened,
        int events,
        List<String> history) {}
