package florin.eventstore.streams;

import java.util.Arrays;

/** A number of segments, and of each the index of the last event that was confirmed (-1 if none was). */
final class Layout {
    private final long[] positions;

    Layout(long... positions) {
        this.positions = positions;
    }

    static Layout startingAfter(int segments, long position) {
        long[] positions = new long[segments];
        Arrays.fill(positions, position);
        return new Layout(positions);
    }

    int segments() {
        return positions.length;
    }

    long position(int segment) {
        return positions[segment];
    }

    void confirm(int segment, long position) {
        positions[segment] = position;
    }

    long lowest() {
        return Arrays.stream(positions).min().orElse(-1);
    }

    long highest() {
        return Arrays.stream(positions).max().orElse(-1);
    }
}
