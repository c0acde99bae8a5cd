package florin.chaos;

/** What a client knows after an answer, or without one. */
enum Outcome {
    /** It was done. */
    ACKNOWLEDGED,
    /** It was not done and never will be. */
    REFUSED,
    /** Either. */
    UNKNOWN
}
