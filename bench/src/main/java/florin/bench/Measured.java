package florin.bench;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** What one load did; the percentiles are not numbers where nothing was timed singly. */
public record Measured(long calls, long elapsedNs, double p50Ms, double p99Ms, long errors) {

    /**
     * From the latencies of the calls in nanoseconds, sorted, or from those of some of them that chance chose. A call that
     * failed counts as one that took as long as the whole load.
     */
    public static Measured of(long calls, long elapsedNs, long[] sortedNs, long errors) {
        return new Measured(
                calls,
                elapsedNs,
                percentileMs(calls, elapsedNs, sortedNs, errors, 50),
                percentileMs(calls, elapsedNs, sortedNs, errors, 99),
                errors);
    }

    private static double percentileMs(long calls, long elapsedNs, long[] sortedNs, long errors, int percent) {
        if (sortedNs.length == 0) {
            return Double.NaN;
        }
        long place = (calls + errors) * percent / 100;
        return (place >= calls ? elapsedNs : sortedNs[(int) (place * sortedNs.length / calls)]) / 1e6;
    }

    public double perSecond() {
        return calls * 1e9 / elapsedNs;
    }

    /** The round in the middle; of an even number of rounds the lower one of the two there. */
    public static <R> R median(List<R> rounds, ToDoubleFunction<R> figure) {
        List<R> sorted = new ArrayList<>(rounds);
        sorted.sort(Comparator.comparingDouble(figure));
        return sorted.get((sorted.size() - 1) / 2);
    }

    /** Two cells of a table: the median of the ratios of the rates, round by round, and the least and the greatest one. */
    public static String ratios(List<Measured> own, List<Measured> reference) {
        List<Double> ratios = new ArrayList<>();
        for (int round = 0; round < own.size(); round++) {
            ratios.add(own.get(round).perSecond() / reference.get(round).perSecond());
        }
        ratios.sort(null);
        return String.format(
                Locale.ROOT,
                " %.2f | %.2f to %.2f |",
                median(ratios, ratio -> ratio),
                ratios.get(0),
                ratios.get(ratios.size() - 1));
    }
}
