package florin.transfer.api;

/** Why a command to a transfer was refused: the details of the exception that it answers with. */
public record TransferRefusal(Kind kind, String detail) {

    /** What stands against the command. */
    public enum Kind {
        /** There is no such transfer. */
        UNKNOWN,
        /** The id was used before with other content. */
        CONFLICT,
        /** The transfer has ended another way. */
        FINAL,
        /** The transfer is not parked. */
        NOT_PARKED
    }
}
