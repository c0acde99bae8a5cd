package florin.system;

import static org.assertj.core.api.Assertions.assertThat;

import florin.account.api.Iban;
import florin.launcher.Http;
import florin.launcher.Platform;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a customer can do, with two branches, when nothing breaks. */
@ExtendWith(SharedPlatform.class)
class JourneyTest {
    @Test
    void money_moves_between_two_branches(Bank bank) {
        String alice = bank.openAtNorthWith("100.00");
        String bob = bank.openAtSouth();

        Http.Reply reply = bank.transfer(null, Bank.transferRequest(alice, bob, "30.00"));

        assertThat(reply.status()).as(reply.text()).isEqualTo(202);
        assertThat(reply.location()).endsWith("/transfers/" + reply.get("id"));
        bank.assertCompleted(reply.get("id"));
        bank.awaitBalance(alice, "70.00");
        bank.awaitBalance(bob, "30.00");
        bank.assertBooksBalance();
    }

    @Test
    void a_transfer_without_funds_fails_with_AM04_and_moves_nothing(Bank bank) {
        String alice = bank.openAtNorthWith("10.00");
        String bob = bank.openAtSouth();

        Http.Reply reply = bank.transfer(null, Bank.transferRequest(alice, bob, "10.01"));

        assertThat(reply.status()).as(reply.text()).isEqualTo(202);
        bank.assertFailed(reply.get("id"), "AM04");
        bank.awaitBalance(alice, "10.00");
        bank.awaitBalance(bob, "0.00");
        bank.assertBooksBalance();
    }

    @Test
    void a_transfer_to_an_unknown_account_fails_with_AC01_and_releases_the_money(Bank bank) {
        String alice = bank.openAtNorthWith("10.00");
        String nobody = Iban.of("FLSO", 9_999_999_999L).value();

        Http.Reply reply = bank.transfer(null, Bank.transferRequest(alice, nobody, "5.00"));

        bank.assertFailed(reply.get("id"), "AC01");
        bank.awaitBalance(alice, "10.00");
        bank.assertBooksBalance();
    }

    @Test
    void a_transfer_from_an_unknown_account_fails_with_AC01(Bank bank) {
        String nobody = Iban.of("FLNO", 9_999_999_998L).value();

        Http.Reply reply = bank.transfer(null, Bank.transferRequest(nobody, bank.openAtSouth(), "5.00"));

        bank.assertFailed(reply.get("id"), "AC01");
    }

    @Test
    void a_transfer_to_an_account_in_another_currency_fails_with_AM03_and_releases_the_money(Bank bank) {
        String alice = bank.openAtNorthWith("10.00");
        String dollars = bank.open(Platform.ACCOUNT_COMMAND_FLSO, "USD");

        Http.Reply reply = bank.transfer(null, Bank.transferRequest(alice, dollars, "5.00"));

        bank.assertFailed(reply.get("id"), "AM03");
        bank.awaitBalance(alice, "10.00");
        bank.awaitBalance(dollars, "0.00");
        bank.assertBooksBalance();
    }

    @Test
    void a_transfer_to_a_blocked_account_fails_with_AC06_and_releases_the_money(Bank bank) {
        String alice = bank.openAtNorthWith("10.00");
        String blocked = bank.openAtSouth();
        Http.Reply reply = bank.post(Platform.ACCOUNT_COMMAND_FLSO, "/accounts/" + blocked + "/block", null, "{}");
        assertThat(reply.status()).as(reply.text()).isEqualTo(201);

        Http.Reply transfer = bank.transfer(null, Bank.transferRequest(alice, blocked, "5.00"));

        bank.assertFailed(transfer.get("id"), "AC06");
        bank.awaitBalance(alice, "10.00");
        bank.assertBooksBalance();
    }

    @Test
    void the_same_request_with_the_same_key_has_the_same_answer_and_one_effect(Bank bank) {
        String alice = bank.openAtNorthWith("100.00");
        String bob = bank.openAtSouth();
        String key = UUID.randomUUID().toString();
        String request = Bank.transferRequest(alice, bob, "30.00");

        Http.Reply first = bank.transfer(key, request);
        bank.assertCompleted(first.get("id"));
        Http.Reply second = bank.transfer(key, request);
        Http.Reply other = bank.transfer(key, Bank.transferRequest(alice, bob, "31.00"));

        assertThat(second.status()).isEqualTo(first.status());
        assertThat(second.text()).isEqualTo(first.text());
        assertThat(other.status()).as(other.text()).isEqualTo(422);
        bank.awaitBalance(alice, "70.00");
        bank.awaitBalance(bob, "30.00");
        assertThat(bank.entries(bob).body().path("entries").size()).isEqualTo(1);
        bank.assertBooksBalance();
    }

    @Test
    void an_account_of_another_branch_is_refused_with_its_branch_named(Bank bank) {
        String bob = bank.openAtSouth();

        Http.Reply reply = bank.post(
                Platform.ACCOUNT_COMMAND_FLNO,
                "/accounts/" + bob + "/deposits",
                null,
                "{\"amount\": " + Bank.money("1.00", "EUR") + ", \"reference\": \"lost\"}");

        assertThat(reply.status()).as(reply.text()).isEqualTo(404);
        assertThat(reply.text()).contains("FLSO");
        assertThat(reply.get("type")).startsWith("https://florin.dev/problems/");
        assertThat(reply.get("correlationId")).isNotEmpty();
    }
}
