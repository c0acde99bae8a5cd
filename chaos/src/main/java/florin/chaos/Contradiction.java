package florin.chaos;

/**
 * Something that cannot be.
 *
 * @param subject the account, transfer or event
 * @param told what was promised, or what a client was told
 * @param found what the log, or the read model, says
 */
record Contradiction(String subject, String told, String found) {
    @Override
    public String toString() {
        return subject + "\n      told:  " + told + "\n      found: " + found;
    }
}
