package florin.chaos;

/** What can be done to a process or to a connection. */
enum FaultKind {
    KILL("kill -9"),
    PAUSE("pause"),
    CUT("cut"),
    STALL("stall"),
    LOSE("lose");

    private final String label;

    FaultKind(String label) {
        this.label = label;
    }

    String label() {
        return label;
    }

    /** Whether it lasts until it is ended; the others are done at once. */
    boolean lasts() {
        return this == PAUSE || this == STALL;
    }

    boolean isOfConnections() {
        return this == CUT || this == STALL || this == LOSE;
    }
}
