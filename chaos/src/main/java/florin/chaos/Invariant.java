package florin.chaos;

import java.util.Optional;

/** Something that always holds, if Florin keeps its promises. */
interface Invariant {
    /** What everything is compared with: the history, the log, what the log comes to, and the read model at rest, if it could be read. */
    record Evidence(History history, EventLog log, Books books, Optional<ReadModel> readModel) {
        Evidence(History history, EventLog log, Optional<ReadModel> readModel) {
            this(history, log, Books.of(log), readModel);
        }

        /** Only for invariants of what is shown, which are checked if it is there. */
        ReadModel shown() {
            return readModel.orElseThrow();
        }
    }

    void check(Evidence evidence, Verdict verdict);
}
