package florin.eventstore.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import florin.eventstore.protocol.Refusal;
import io.axoniq.axonserver.grpc.control.TopologyChange;
import io.axoniq.axonserver.grpc.control.UpdateType;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TopologyTest {
    private static final String LONG = "x".repeat(4000);

    private final Topology topology = new Topology();
    private final Topology.Announcer announcer = topology.announcer("default");

    @Test
    void whoDoesNotReadGetsWhatItMissedLaterAndEverythingAnewIfAHandlerHasLeft() {
        Watcher watcher = new Watcher();
        announcer.command("client", "component", "First", 100);
        topology.subscribe(watcher);
        watcher.room = 0;
        announcer.command("client", "component", "Second", 100);
        announcer.command("client", "component", "Third", 100);
        announcer.withdraw("Second");
        announcer.command("client", "component", "Fourth", 100);
        watcher.room = 1;
        topology.catchUp(watcher);
        announcer.withdraw("First");
        watcher.room = 2;
        topology.catchUp(watcher);
        watcher.room = 10;
        topology.catchUp(watcher);
        topology.catchUp(watcher);
        announcer.withdraw("Third");

        assertThat(watcher.seen)
                .containsExactly(
                        "RESET_ALL",
                        "ADD_COMMAND_HANDLER First",
                        "ADD_COMMAND_HANDLER Third",
                        "RESET_ALL",
                        "ADD_COMMAND_HANDLER Third",
                        "ADD_COMMAND_HANDLER Fourth",
                        "REMOVE_COMMAND_HANDLER Third");
    }

    @Test
    void aRepeatedSubscriptionIsNoNewsAndAnotherContextNeitherIs() {
        Watcher watcher = new Watcher();
        topology.subscribe(watcher);
        announcer.query("client", "component", "Find", "text");
        announcer.query("client", "component", "Find", "text");
        topology.announcer("other").query("client", "component", "Elsewhere", "text");
        announcer.withdrawAll();
        announcer.withdrawAll();
        topology.unsubscribe(watcher);
        announcer.query("client", "component", "Find", "text");

        assertThat(watcher.seen).containsExactly("RESET_ALL", "ADD_QUERY_HANDLER Find", "REMOVE_QUERY_HANDLER Find");
    }

    @Test
    void subscriptionsAndNamesAreBounded() {
        for (int i = 0; i < 10_000; i++) {
            announcer.command("client", "component", "Command" + i, 100);
        }
        announcer.command("client", "component", "Command0", 50);
        assertThatThrownBy(() -> announcer.command("client", "component", "OneMore", 100))
                .hasMessageContaining("10000 messages at most");
        assertThatThrownBy(() -> topology.announcer("default").query("client", "component", "x".repeat(4097), "text"))
                .hasMessageContaining("4096 characters at most");
    }

    @Test
    void aQueryIsWithdrawnWithTheLastOfItsTypesOfResults() {
        Watcher watcher = new Watcher();
        topology.subscribe(watcher);
        announcer.query("client", "component", "Find", "text");
        announcer.query("client", "component", "Find", "number");

        assertThat(announcer.withdraw("Find", "nothing")).isFalse();
        assertThat(announcer.withdraw("Find", "text")).isFalse();
        assertThat(announcer.withdraw("Find", "text")).isFalse();
        assertThat(announcer.withdraw("Find", "number")).isTrue();
        assertThat(announcer.withdraw("Find", "number")).isTrue();

        assertThat(watcher.seen).containsExactly("RESET_ALL", "ADD_QUERY_HANDLER Find", "REMOVE_QUERY_HANDLER Find");
    }

    @Test
    void whatAllHandlersSubscribeIsBoundedAndCountedUntilItIsWithdrawn() {
        int most = fill();
        assertThatThrownBy(() -> topology.announcer("other").command(LONG, LONG, LONG, 100))
                .hasMessageContaining("what handlers have subscribed takes");
        announcer.withdraw("Find 0");
        announcer.withdraw("Find 1");
        // Far more than has room now.
        for (int i = 0; i < 1000; i++) {
            announcer.query("client", "component", "Find 0", LONG);
            announcer.query("client", "component", "Find 0", "text");
            announcer.withdraw("Find 0", LONG);
            announcer.command(LONG, "component", "Greet", 100);
            announcer.command("client", "component", "Greet", 100);
            announcer.withdraw("Greet");
            announcer.withdraw("Find 0", "text");
        }
        assertThat(fill()).isEqualTo(most);

        announcer.withdrawAll();
        assertThat(fill()).isEqualTo(most);
    }

    /** Queries with a hundred long types of results each, until one is too much; returns how many types there are then. */
    private int fill() {
        int[] types = new int[1];
        assertThatThrownBy(() -> {
                    while (true) {
                        String type = "type " + types[0] % 100 + LONG;
                        announcer.query("client", "component", "Find " + types[0] / 100, type);
                        types[0]++;
                    }
                })
                .isInstanceOfSatisfying(Refusal.class, refusal -> assertThat(refusal.status())
                        .isEqualTo(Status.Code.RESOURCE_EXHAUSTED))
                .hasMessageContaining("what handlers have subscribed takes");
        return types[0];
    }

    private static final class Watcher implements Topology.Subscriber {
        private final List<String> seen = new ArrayList<>();
        private int room = 10;

        @Override
        public String context() {
            return "default";
        }

        @Override
        public boolean notify(TopologyChange change) {
            if (room == 0) {
                return false;
            }
            room--;
            String name = change.hasCommand()
                    ? change.getCommand().getName()
                    : change.getQuery().getName();
            seen.add(
                    change.getUpdateType() == UpdateType.RESET_ALL ? "RESET_ALL" : change.getUpdateType() + " " + name);
            return true;
        }
    }
}
