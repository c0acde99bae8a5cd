package florin.simulation;

import florin.transfer.api.TransferId;

/** An invariant does not hold; {@code transfer} is the one concerned, or null. */
record Violation(Invariant invariant, String what, TransferId transfer) {

    @Override
    public String toString() {
        return invariant + " (" + invariant.description() + ") is broken: " + what;
    }
}
