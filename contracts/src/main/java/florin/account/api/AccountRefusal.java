package florin.account.api;

/** Why a command was refused: the details of the exception that a command answers with. */
public record AccountRefusal(RefusalReason reason, String detail) {}
