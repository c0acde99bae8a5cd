package florin.system;

import static org.assertj.core.api.Assertions.assertThat;

import florin.launcher.Http;
import florin.launcher.Platform;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A transfer is cancelled while the branch of its target is down: the money comes back, and not before that branch does. */
@ExtendWith(SharedPlatform.class)
class CancellationTest {

    @Test
    void a_transfer_whose_target_branch_is_down_is_cancelled_once_the_branch_is_back(Bank bank) {
        String alice = bank.openAtNorthWith("100.00");
        String bob = bank.openAtSouth();
        Platform platform = bank.platform();
        int restarts = platform.restarts(Platform.ACCOUNT_COMMAND_FLSO);

        platform.kill(Platform.ACCOUNT_COMMAND_FLSO);
        String transfer = bank.transferThroughTrouble(alice, bob, "30.00");
        Http.Reply cancelled = bank.post(Platform.TRANSFER_SAGA, "/transfers/" + transfer + "/cancel", null, "");

        assertThat(cancelled.status()).as(cancelled.text()).isEqualTo(202);
        Http.Reply end = bank.awaitFinal(transfer);
        assertThat(end.get("status")).as(end.text()).isEqualTo("CANCELLED");
        assertThat(end.get("statusCode")).as(end.text()).isEqualTo("CANC");
        assertThat(end.get("reason")).as(end.text()).isEqualTo("DS02");
        assertThat(platform.restarts(Platform.ACCOUNT_COMMAND_FLSO)).isGreaterThan(restarts);
        bank.awaitBalance(alice, "100.00");
        bank.awaitBalance(bob, "0.00");
        bank.assertBooksBalance();
        Http.Reply timeline = bank.get(Platform.TRANSFER_SAGA, "/transfers/" + transfer + "/timeline");
        assertThat(timeline.text()).contains("account-command FLSO", "TransferCreditCancelled", "ReservationReleased");
        platform.awaitReady(Platform.ACCOUNT_COMMAND_FLSO, Bank.PATIENCE);
    }
}
