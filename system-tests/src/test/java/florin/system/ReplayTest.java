package florin.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import florin.launcher.Http;
import florin.launcher.Platform;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;

/** A projection that is built again from the events is what it was. */
@ExtendWith(SharedPlatform.class)
class ReplayTest {
    @Test
    void every_projection_is_after_a_replay_what_it_was_before(Bank bank) {
        String alice = bank.openAtNorthWith("100.00");
        String bob = bank.openAtSouth();
        bank.assertCompleted(bank.transferThroughTrouble(alice, bob, "12.34"));
        bank.awaitBalance(alice, "87.66");
        bank.awaitBalance(bob, "12.34");
        bank.assertBooksBalance();
        awaitCaughtUp(bank);
        List<String> before = picture(bank, alice, bob);

        for (JsonNode projection : projections(bank).body()) {
            String name = projection.path("name").asString();
            Http.Reply reply = bank.post(Platform.ACCOUNT_QUERY, "/projections/" + name + "/replay", null, "");
            assertThat(reply.status()).as(reply.text()).isEqualTo(202);
        }

        awaitCaughtUp(bank);
        assertThat(picture(bank, alice, bob)).isEqualTo(before);
    }

    private static List<String> picture(Bank bank, String alice, String bob) {
        return List.of(
                bank.account(alice).text(),
                bank.account(bob).text(),
                bank.entries(alice).text(),
                bank.entries(bob).text(),
                bank.get(Platform.ACCOUNT_QUERY, "/trial-balance").text());
    }

    private static Http.Reply projections(Bank bank) {
        return bank.get(Platform.ACCOUNT_QUERY, "/projections");
    }

    private static void awaitCaughtUp(Bank bank) {
        await().atMost(Bank.PATIENCE).ignoreExceptions().untilAsserted(() -> {
            Http.Reply reply = projections(bank);
            assertThat(reply.body().isEmpty()).isFalse();
            for (JsonNode projection : reply.body()) {
                assertThat(projection.path("replaying").asBoolean(true))
                        .as(reply.text())
                        .isFalse();
                assertThat(projection.path("lag").asLong(-1)).as(reply.text()).isZero();
            }
        });
    }
}
