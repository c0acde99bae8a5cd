package florin.chaos;

/** Something that always holds, if Florin keeps its promises. */
interface Invariant {
    /** What everything is compared with: the history, the log, what the log comes to, and the read model at rest. */
    record Evidence(History history, EventLog log, Books books, ReadModel readModel) {
        Evidence(History history, EventLog log, ReadModel readModel) {
            this(history, log, Books.of(log), readModel);
        }
    }

    void check(Evidence evidence, Verdict verdict);
}
