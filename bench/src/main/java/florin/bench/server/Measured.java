package florin.bench.server;

/** What one load did; the percentiles are not numbers where nothing was timed singly. */
record Measured(long calls, long elapsedNs, double p50Ms, double p99Ms, long errors) {

    /** Of latencies in nanoseconds, sorted. */
    static Measured of(long calls, long elapsedNs, long[] sortedNs, long errors) {
        return new Measured(calls, elapsedNs, percentileMs(sortedNs, 50), percentileMs(sortedNs, 99), errors);
    }

    double perSecond() {
        return calls * 1e9 / elapsedNs;
    }

    private static double percentileMs(long[] sortedNs, int percent) {
        return sortedNs.length == 0
                ? Double.NaN
                : sortedNs[Math.min(sortedNs.length - 1, (int) ((long) sortedNs.length * percent / 100))] / 1e6;
    }
}
