package florin.eventstore.routing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class WaitingLineTest {
    private static final int HALF_OF_THE_LINE = 16 << 20;

    private record Message(String identifier, int bytes, long priority) implements WaitingLine.Message {}

    @Test
    void whatIsWithdrawnMakesRoomAndTheOthersKeepTheirOrder() {
        WaitingLine<Message> line = new WaitingLine<>();
        Message withdrawn = new Message("withdrawn", HALF_OF_THE_LINE, 1);
        Message equal = new Message("equal", HALF_OF_THE_LINE, 1);
        Message urgent = new Message("urgent", 0, 2);
        line.add(withdrawn);
        line.add(equal);
        line.add(urgent);
        assertThat(line.hasRoomFor(new Message("more", 1, 0))).isFalse();

        line.withdraw(withdrawn);
        line.withdraw(withdrawn);

        assertThat(line.contains("withdrawn")).isFalse();
        assertThat(line.contains("equal")).isTrue();
        assertThat(line.hasRoomFor(new Message("more", HALF_OF_THE_LINE, 0))).isTrue();
        assertThat(line.hasRoomFor(new Message("more", HALF_OF_THE_LINE + 1, 0)))
                .isFalse();
        List<Message> left = new ArrayList<>();
        for (; !line.isEmpty(); line.remove()) {
            left.add(line.next());
        }
        assertThat(left).hasSize(2);
        assertThat(left.get(0)).isSameAs(urgent);
        assertThat(left.get(1)).isSameAs(equal);
    }
}
