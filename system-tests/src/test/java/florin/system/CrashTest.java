package florin.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import florin.launcher.Platform;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Processes that are killed with kill -9 while money moves: every transfer ends, once, and the books balance. */
@ExtendWith(SharedPlatform.class)
class CrashTest {
    private static final int TRANSFERS = 10;

    @Test
    void a_transfer_waits_for_a_target_branch_that_is_down(Bank bank) {
        String alice = bank.openAtNorthWith("100.00");
        String bob = bank.openAtSouth();
        Platform platform = bank.platform();
        int restarts = platform.restarts(Platform.ACCOUNT_COMMAND_FLSO);

        platform.kill(Platform.ACCOUNT_COMMAND_FLSO);
        String transfer = bank.transferThroughTrouble(alice, bob, "30.00");

        bank.assertCompleted(transfer);
        assertThat(platform.restarts(Platform.ACCOUNT_COMMAND_FLSO)).isGreaterThan(restarts);
        bank.awaitBalance(alice, "70.00");
        bank.awaitBalance(bob, "30.00");
        bank.assertBooksBalance();
        platform.awaitReady(Platform.ACCOUNT_COMMAND_FLSO, Bank.PATIENCE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                Platform.ACCOUNT_COMMAND_FLNO,
                Platform.ACCOUNT_COMMAND_FLSO,
                Platform.TRANSFER_SAGA,
                Platform.AXON_SERVER,
                Platform.ACCOUNT_QUERY,
                Platform.POSTGRESQL
            })
    void transfers_complete_once_although_a_process_is_killed_in_the_middle_of_them(String victim, Bank bank) {
        String alice = bank.openAtNorthWith("100.00");
        String bob = bank.openAtSouth();
        Platform platform = bank.platform();
        int restarts = platform.restarts(victim);

        List<String> transfers = new ArrayList<>();
        for (int i = 0; i < TRANSFERS; i++) {
            if (i == TRANSFERS / 2) {
                platform.kill(victim);
            }
            transfers.add(bank.transferThroughTrouble(alice, bob, "3.00"));
        }

        transfers.forEach(bank::assertCompleted);
        await().atMost(Bank.PATIENCE).until(() -> platform.restarts(victim) > restarts);
        for (String name : platform.names()) {
            platform.awaitReady(name, Bank.PATIENCE);
        }
        bank.awaitBalance(alice, "70.00");
        bank.awaitBalance(bob, "30.00");
        bank.assertBooksBalance();
    }
}
