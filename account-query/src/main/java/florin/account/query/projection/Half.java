package florin.account.query.projection;

/**
 * Where a generation is kept. Those with even numbers have tables and a processor of their own, and so have those with odd numbers:
 * one is read while the next one is built.
 */
public enum Half {
    /** The processors have the names of the projections, as they had before there were generations. */
    EVEN("_even", ""),
    ODD("_odd", "-odd");

    private final String tableSuffix;
    private final String processorSuffix;

    Half(String tableSuffix, String processorSuffix) {
        this.tableSuffix = tableSuffix;
        this.processorSuffix = processorSuffix;
    }

    public static Half of(long generation) {
        return generation % 2 == 0 ? EVEN : ODD;
    }

    public String table(String view) {
        return view + tableSuffix;
    }

    public String processor(String projection) {
        return projection + processorSuffix;
    }
}
