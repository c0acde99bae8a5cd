package florin.eventstore.routing;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import florin.eventstore.protocol.Recorder;
import io.axoniq.axonserver.grpc.SerializedObject;
import io.axoniq.axonserver.grpc.command.Command;
import io.axoniq.axonserver.grpc.command.CommandProviderInbound;
import io.axoniq.axonserver.grpc.command.CommandResponse;
import io.axoniq.axonserver.grpc.query.QueryProviderInbound;
import io.axoniq.axonserver.grpc.query.QueryRequest;
import io.axoniq.axonserver.grpc.query.QueryResponse;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What waits in all lines of the process together. */
class RoomTest {
    private static final int MEBIBYTE = 1 << 20;
    private static final int MOST_OF_ONE = 32 << 20;

    private record Line(Room room, List<Integer> waiting) {
        private Line() {
            this(new Room(), new ArrayList<>());
        }

        private boolean add(int bytes) {
            boolean hasRoom = room.isFor(bytes);
            if (hasRoom) {
                room.add(bytes);
                waiting.add(bytes);
            }
            return hasRoom;
        }

        private long fill(int bytes) {
            while (add(bytes)) {
                // until it is full
            }
            return waiting.stream().mapToLong(Integer::longValue).sum();
        }

        private void empty() {
            waiting.forEach(room::remove);
            waiting.clear();
        }
    }

    private final List<Line> lines = new ArrayList<>();

    @AfterEach
    void empty() {
        lines.forEach(Line::empty);
    }

    private Line line() {
        Line line = new Line();
        lines.add(line);
        return line;
    }

    @Test
    void allLinesTogetherHoldNoMoreThanAnEighthOfTheHeap() {
        for (int i = 0; i < 1000; i++) {
            line().fill(MEBIBYTE);
        }
        assertThat(lines.stream()
                        .flatMap(line -> line.waiting().stream())
                        .mapToLong(Integer::longValue)
                        .sum())
                .isBetween(Room.MAX_BYTES_OF_ALL / 2, Runtime.getRuntime().maxMemory() / 8);
        assertThat(line().add(1000)).isTrue();

        empty();

        assertThat(line().fill(MEBIBYTE)).isEqualTo(Math.min(MOST_OF_ONE, Room.MAX_BYTES_OF_ALL / 2));
    }

    @Test
    void aLineGetsItsShareAlthoughOthersHoldMuch() {
        while (line().fill(MEBIBYTE) == MOST_OF_ONE) {
            // until all hold half of what they may
        }
        Line another = line();
        assertThat(another.fill(100_000)).isBetween(MEBIBYTE * 2L, MOST_OF_ONE / 2L);

        another.empty();

        assertThat(another.add(MEBIBYTE)).isTrue();
    }

    @Test
    void whatAHandlerCanTakeAtOnceNeedsNoRoom() {
        for (int i = 0; i < 1000; i++) {
            line().fill(MEBIBYTE);
            line().fill(10_000);
        }
        Recorder<CommandProviderInbound> client = new Recorder<>();
        CommandHandler handler = new CommandHandler(client.outbound());
        handler.permit(1);
        Recorder<CommandResponse> refused = new Recorder<>();
        for (int i = 0; i < 2; i++) {
            handler.dispatch(new PendingCommand(
                    Command.newBuilder()
                            .setMessageIdentifier("command " + i)
                            .setPayload(large())
                            .build(),
                    refused.outbound()));
        }

        assertThat(client.seen).hasSize(1);
        assertThat(refused.seen).singleElement().satisfies(response -> {
            assertThat(response.getErrorCode()).isEqualTo("AXONIQ-4003");
            assertThat(response.getErrorMessage().getMessage()).isEqualTo(Room.TAKEN_BY_OTHERS);
        });
    }

    @Test
    void whatASenderReadsAtOnceNeedsNoRoom() {
        for (int i = 0; i < 1000; i++) {
            line().fill(MEBIBYTE);
            line().fill(10_000);
        }
        QueryHandler handler = new QueryHandler(new Recorder<QueryProviderInbound>().outbound());
        handler.permit(1);
        Recorder<QueryResponse> sender = new Recorder<>();
        PendingQuery query = new PendingQuery(
                QueryRequest.newBuilder().setMessageIdentifier("query").build(), sender.outbound());
        query.await(List.of(handler));
        handler.dispatch(query);
        QueryResponse result = QueryResponse.newBuilder()
                .setRequestIdentifier("query")
                .setPayload(large())
                .build();

        handler.answered(result);
        sender.reads = false;
        handler.answered(result);

        assertThat(sender.seen).extracting(QueryResponse::getErrorCode).containsExactly("", "AXONIQ-5002");
        assertThat(sender.ended).isTrue();
        sender.onClose.run();
    }

    private static SerializedObject large() {
        return SerializedObject.newBuilder()
                .setData(ByteString.copyFrom(new byte[MEBIBYTE]))
                .build();
    }
}
