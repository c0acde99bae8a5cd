package florin.eventstore.streams;

import florin.eventstore.protocol.Refusal;
import florin.eventstore.storage.StoredEvent;
import io.axoniq.axonserver.grpc.event.EventWithToken;
import io.axoniq.axonserver.grpc.streams.InitializationProperties;
import io.axoniq.axonserver.grpc.streams.SequencingPolicy;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/**
 * What the store keeps of a persistent stream: its definition, the positions of its segments, and those of earlier
 * numbers of segments until the present ones have passed them, so that a change repeats no event.
 *
 * <p>Format: version (1 byte), definition (length in 4 bytes, protobuf), the index up to which events are replays (8),
 * number of layouts (4), and for each, the present one first, its number of segments (4) and their positions (8 each).
 */
final class StreamState {
    /** Of a stream from before there were bounds for the expressions of its sequencing policy. */
    private static final int UNBOUNDED = 1;

    /** Of a stream from before there was a bound for payloads in its filter. */
    private static final int WITH_LARGE_TEXTS = 2;

    private static final int VERSION = 3;
    static final int MAX_SEGMENTS = 128;
    /** With segments and their positions, of now and before; its definition comes on top of that. */
    private static final int STREAM_BYTES = 32 << 10;
    /** A filter and a policy take so many times the bytes of their text, and an expression for XML more than that. */
    private static final int DEFINITION_FACTOR = 16;

    private static final int XML_BYTES = 32 << 10;
    private static final int MAX_FORMER_LAYOUTS = 16;

    private final List<Layout> former = new ArrayList<>();
    private InitializationProperties definition;
    private SegmentHashes hashes;
    private Layout layout;
    private long replayUntil = -1;
    private int version;

    StreamState(InitializationProperties definition, long position) {
        version = VERSION;
        define(definition);
        layout = Layout.startingAfter(segments(definition.getSegments()), position);
    }

    private StreamState() {}

    static int segments(int wanted) {
        if (wanted < 1 || wanted > MAX_SEGMENTS) {
            throw Refusal.invalid("a persistent stream has 1 to " + MAX_SEGMENTS + " segments, not " + wanted);
        }
        return wanted;
    }

    private void define(InitializationProperties properties) {
        hashes = new SegmentHashes(
                EventFilter.parse(properties.getFilter(), version > WITH_LARGE_TEXTS),
                Sequencing.of(properties.getSequencingPolicy(), version > UNBOUNDED));
        definition = properties;
    }

    InitializationProperties definition() {
        return definition;
    }

    /** What a stream takes in memory, roughly, whatever its name and its segments are. */
    long bytes() {
        SequencingPolicy policy = definition.getSequencingPolicy();
        long xml = policy.getParameterList().stream().filter("XML"::equals).count();
        return STREAM_BYTES
                + DEFINITION_FACTOR
                        * ((long) policy.getSerializedSize()
                                + definition.getFilter().length())
                + XML_BYTES * xml;
    }

    void rename(String name) {
        definition = definition.toBuilder().setStreamName(name).build();
    }

    Layout layout() {
        return layout;
    }

    /** Keeps what was confirmed under the present number of segments, and starts the new ones at the lowest of it. */
    void resize(int segments) {
        if (former.size() >= MAX_FORMER_LAYOUTS) {
            throw Refusal.invalid("the number of segments was changed " + MAX_FORMER_LAYOUTS
                    + " times before the stream caught up; try again when it has");
        }
        Layout present = layout;
        layout = Layout.startingAfter(segments, present.lowest());
        former.add(present);
        forgetPassedLayouts();
    }

    void resetTo(long position) {
        replayUntil = Math.max(replayUntil, layout.highest());
        former.clear();
        layout = Layout.startingAfter(layout.segments(), position);
    }

    void confirm(int segment, long position) {
        layout.confirm(segment, position);
        forgetPassedLayouts();
    }

    private void forgetPassedLayouts() {
        former.removeIf(layoutBefore -> layoutBefore.highest() <= layout.lowest());
    }

    /** Events of this segment that no earlier layout has confirmed; a copy that other threads may use. */
    SegmentFilter filterOf(int segment) {
        return new SegmentFilter(segment, layout.segments(), hashes, List.copyOf(former), replayUntil);
    }

    record SegmentFilter(int segment, int segments, SegmentHashes hashes, List<Layout> former, long replayUntil) {
        /** The event if it is for this segment, null if not. */
        EventWithToken accepted(StoredEvent stored) {
            Long known = hashes.known(stored.index());
            EventWithToken event = known == null ? stored.withToken() : null;
            long hash = known == null ? hashes.find(event) : known;
            if (!isOwn(hash, stored.index())) {
                return null;
            }
            return event == null ? stored.withToken() : event;
        }

        private boolean isOwn(long hash, long token) {
            if (hash == SegmentHashes.LEFT_OUT || Sequencing.segment((int) hash, segments) != segment) {
                return false;
            }
            for (Layout layout : former) {
                int formerSegment = Sequencing.segment((int) hash, layout.segments());
                if (token <= layout.position(formerSegment)) {
                    return false;
                }
            }
            return true;
        }

        boolean isReplay(long token) {
            return token <= replayUntil;
        }
    }

    byte[] toBytes() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream output = new DataOutputStream(bytes)) {
            output.writeByte(version);
            byte[] properties = definition.toByteArray();
            output.writeInt(properties.length);
            output.write(properties);
            output.writeLong(replayUntil);
            output.writeInt(1 + former.size());
            write(layout, output);
            for (Layout earlier : former) {
                write(earlier, output);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("an array accepts every byte", e);
        }
        return bytes.toByteArray();
    }

    private static void write(Layout layout, DataOutputStream output) throws IOException {
        output.writeInt(layout.segments());
        for (int segment = 0; segment < layout.segments(); segment++) {
            output.writeLong(layout.position(segment));
        }
    }

    static StreamState parse(String identifier, byte[] bytes) {
        StreamState state = new StreamState();
        try (DataInputStream input = new DataInputStream(new ByteArrayInputStream(bytes))) {
            state.version = input.readByte();
            if (state.version < UNBOUNDED || state.version > VERSION) {
                throw new IOException("version " + state.version);
            }
            state.define(InitializationProperties.parseFrom(input.readNBytes(input.readInt())));
            state.replayUntil = input.readLong();
            int layouts = input.readInt();
            state.layout = read(input);
            for (int i = 1; i < layouts; i++) {
                state.former.add(read(input));
            }
            return state;
        } catch (IOException | IllegalArgumentException e) {
            throw Refusal.readFailed("the state of persistent stream " + identifier + " cannot be read", e);
        }
    }

    private static Layout read(DataInputStream input) throws IOException {
        long[] positions = new long[segments(input.readInt())];
        for (int i = 0; i < positions.length; i++) {
            positions[i] = input.readLong();
        }
        return new Layout(positions);
    }
}
