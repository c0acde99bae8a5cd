package florin.eventstore.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What clients do not read, all of them together. The messages here are only as large as they say. */
class OutboundTest {
    private static final int SMALL = 32 << 10;
    private static final int MEBIBYTE = 1 << 20;

    private final List<Recorder<Integer>> unread = new ArrayList<>();

    @AfterEach
    void end() {
        unread.forEach(client -> client.onClose.run());
    }

    @Test
    void theMoreClientsHaveNotReadTheLessIsSentBeforeTheyRead() {
        Recorder<Integer> handler = doesNotRead();
        Outbound<Integer> out = outbound(handler);
        out.send(SMALL);
        assertThat(Outbound.batchBytes()).isEqualTo(MEBIBYTE);
        assertThat(out.hasRoom()).isTrue();

        leaveUnread(Outbound.MAX_UNREAD_BYTES / 2);

        assertThat(Outbound.batchBytes()).isEqualTo(SMALL);
        assertThat(out.hasRoom()).isFalse();
        handler.reads = true;
        handler.onReady.run();
        assertThat(out.hasRoom()).isTrue();
        end();
        assertThat(Outbound.batchBytes()).isEqualTo(MEBIBYTE);
    }

    @Test
    void beyondTheBoundLargeMessagesAreRefusedAndFarBeyondItAllAre() {
        Recorder<Integer> reader = new Recorder<>();
        Outbound<Integer> out = outbound(reader);
        leaveUnread(Outbound.MAX_UNREAD_BYTES);
        assertThat(out.answer(SMALL)).isTrue();
        assertThat(out.offer(SMALL + 1)).isFalse();
        assertThat(reader.ended).isFalse();

        assertThat(out.answer(SMALL + 1)).isFalse();

        assertThat(reader.ended).isTrue();
        leaveUnread(Outbound.MAX_UNREAD_BYTES);
        assertThat(outbound(new Recorder<>()).answer(1)).isFalse();
        assertThat(outbound(new Recorder<>()).send(MEBIBYTE)).isTrue();
        end();
        assertThat(outbound(new Recorder<>()).answer(MEBIBYTE)).isTrue();
    }

    @Test
    void whatAClientHasReadCountsNoMore() {
        leaveUnread(Outbound.MAX_UNREAD_BYTES / 2);
        assertThat(Outbound.batchBytes()).isEqualTo(SMALL);

        unread.forEach(client -> {
            client.reads = true;
            client.onReady.run();
        });

        assertThat(Outbound.batchBytes()).isEqualTo(MEBIBYTE);
    }

    private void leaveUnread(long bytes) {
        Outbound<Integer> out = outbound(doesNotRead());
        for (long left = bytes; left > 0; left -= MEBIBYTE) {
            out.send(MEBIBYTE);
        }
    }

    private Recorder<Integer> doesNotRead() {
        Recorder<Integer> client = new Recorder<>();
        client.reads = false;
        unread.add(client);
        return client;
    }

    private static Outbound<Integer> outbound(Recorder<Integer> client) {
        return Outbound.of(client, Integer::intValue, () -> {});
    }
}
