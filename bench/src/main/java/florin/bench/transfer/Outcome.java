package florin.bench.transfer;

import java.util.List;

/** What one load did: latencies of what was completed, in nanoseconds, sorted. */
record Outcome(List<Long> latenciesNs, long elapsedNs, long errors) {

    long completed() {
        return latenciesNs.size();
    }

    double perSecond() {
        return latenciesNs.size() * 1e9 / elapsedNs;
    }

    double percentileMs(int percent) {
        return latenciesNs.isEmpty()
                ? Double.NaN
                : latenciesNs.get(Math.min(latenciesNs.size() - 1, (int) ((long) latenciesNs.size() * percent / 100)))
                        / 1e6;
    }
}
