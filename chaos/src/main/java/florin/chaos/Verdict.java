package florin.chaos;

import java.util.ArrayList;
import java.util.List;

/** What came of checking one invariant: how many things were looked at, and what does not hold. */
final class Verdict {
    private final String invariant;
    private final boolean mayBeEmpty;
    private final List<Contradiction> contradictions = new ArrayList<>();
    private long checked;

    /** {@code mayBeEmpty} of an invariant of what not every run has. */
    Verdict(String invariant, boolean mayBeEmpty) {
        this.invariant = invariant;
        this.mayBeEmpty = mayBeEmpty;
    }

    /** Looks at one thing; {@code told} and {@code found} are for a person, and used only if it does not hold. */
    void check(boolean holds, String subject, Object told, Object found) {
        checked++;
        if (!holds) {
            contradictions.add(new Contradiction(subject, String.valueOf(told), String.valueOf(found)));
        }
    }

    String invariant() {
        return invariant;
    }

    /** It holds only because there was nothing that could have broken it. */
    boolean isAboutNothing() {
        return checked == 0 && !mayBeEmpty;
    }

    long checked() {
        return checked;
    }

    List<Contradiction> contradictions() {
        return contradictions;
    }
}
