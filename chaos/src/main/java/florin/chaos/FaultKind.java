package florin.chaos;

/** What can be done to a process or to a connection; and what an operator may do just then. */
enum FaultKind {
    KILL("kill -9"),
    STOP("stop"),
    CRASH("crash"),
    PAUSE("pause"),
    FREEZE("freeze"),
    CUT("cut"),
    STALL("stall"),
    LOSE("lose"),
    REPLAY("replay");

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

    /** How many slots of a plan it takes: processes take longer to start than connections. */
    int slots() {
        return switch (this) {
            case KILL, STOP -> 2;
            case CRASH -> 6;
            default -> 1;
        };
    }

    boolean isOfConnections() {
        return this == CUT || this == STALL || this == LOSE;
    }
}
