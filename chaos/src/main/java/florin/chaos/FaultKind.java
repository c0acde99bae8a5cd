package florin.chaos;

/** What can be done to a process or to a connection. */
enum FaultKind {
    KILL("kill -9"),
    PAUSE("pause"),
    FREEZE("freeze"),
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
        return this == PAUSE || this == FREEZE || this == STALL;
    }

    /** Whether the faults that follow come while it lasts. */
    boolean isBesideOthers() {
        return this == FREEZE;
    }

    boolean isOfConnections() {
        return this == CUT || this == STALL || this == LOSE;
    }
}
