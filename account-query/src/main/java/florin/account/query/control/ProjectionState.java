package florin.account.query.control;

import florin.account.query.projection.Half;
import java.util.List;

/**
 * Which generation of a projection is read, and what there is beside it.
 *
 * @param generation the number of the generation that is read; the next one has the next number
 */
record ProjectionState(String name, long generation, OtherHalf otherHalf) {

    /** What the half holds in which the generation that is read is not. */
    enum OtherHalf {
        EMPTY,
        /** The next generation. */
        BUILDING,
        /** A generation that is given up, and is removed once no instance works on it. */
        LEFT
    }

    boolean isBuilding() {
        return otherHalf == OtherHalf.BUILDING;
    }

    Half other() {
        return Half.of(generation + 1);
    }

    /** The processor of the generation that is read. */
    String processor() {
        return Half.of(generation).processor(name);
    }

    String otherProcessor() {
        return other().processor(name);
    }

    /** Those that have events to project. */
    List<String> processors() {
        return isBuilding() ? List.of(processor(), otherProcessor()) : List.of(processor());
    }
}
