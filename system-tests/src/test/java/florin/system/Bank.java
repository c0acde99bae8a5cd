package florin.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import florin.launcher.Http;
import florin.launcher.Platform;
import java.net.URI;
import java.time.Duration;
import java.util.Locale;
import java.util.UUID;
import tools.jackson.databind.JsonNode;

/** The bank as its customers see it: over HTTP. Amounts are euro texts such as {@code 12.50} where nothing else is said. */
final class Bank {
    /** Long enough for a killed process to be started again and for retries with growing pauses. */
    static final Duration PATIENCE = Duration.ofMinutes(3);

    private final Platform platform;
    private final Http http = new Http();

    Bank(Platform platform) {
        this.platform = platform;
    }

    Platform platform() {
        return platform;
    }

    String openAtNorth() {
        return open(Platform.ACCOUNT_COMMAND_FLNO, "EUR");
    }

    String openAtSouth() {
        return open(Platform.ACCOUNT_COMMAND_FLSO, "EUR");
    }

    /** An account of a customer whom nobody else is; gives its IBAN. */
    String open(String branch, String currency) {
        Http.Reply reply = post(
                branch,
                "/accounts",
                null,
                "{\"owner\": \"customer-" + UUID.randomUUID() + "\", \"currency\": \"" + currency + "\"}");
        assertThat(reply.status()).as(reply.text()).isEqualTo(201);
        return reply.get("iban");
    }

    /** An account at FLNO that has money. */
    String openAtNorthWith(String amount) {
        String iban = openAtNorth();
        deposit(Platform.ACCOUNT_COMMAND_FLNO, iban, amount);
        return iban;
    }

    void deposit(String branch, String iban, String amount) {
        Http.Reply reply = post(
                branch,
                "/accounts/" + iban + "/deposits",
                null,
                "{\"amount\": " + money(amount, "EUR") + ", \"reference\": \"salary\"}");
        assertThat(reply.status()).as(reply.text()).isEqualTo(201);
    }

    static String money(String value, String currency) {
        return "{\"value\": \"" + value + "\", \"currency\": \"" + currency + "\"}";
    }

    static String transferRequest(String from, String to, String amount) {
        return "{\"from\": \"" + from + "\", \"to\": \"" + to + "\", \"amount\": " + money(amount, "EUR")
                + ", \"reference\": \"rent\"}";
    }

    Http.Reply transfer(String key, String request) {
        return post(Platform.TRANSFER_SAGA, "/transfers", key, request);
    }

    /** Repeats the request with one key until it is taken, as a client does whose answers get lost; gives the id. */
    String transferThroughTrouble(String from, String to, String amount) {
        String key = UUID.randomUUID().toString();
        String request = transferRequest(from, to, amount);
        Http.Reply reply = await().atMost(PATIENCE)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(200))
                .ignoreExceptions()
                .until(() -> transfer(key, request), taken -> taken.status() == 202);
        return reply.get("id");
    }

    /** Waits until the transfer is final, through whatever trouble there is. */
    Http.Reply awaitFinal(String transferId) {
        return await().atMost(PATIENCE)
                .pollDelay(Duration.ZERO)
                .ignoreExceptions()
                .until(
                        () -> get(Platform.TRANSFER_SAGA, "/transfers/" + transferId + "?wait=5s"),
                        reply -> reply.get("status").equals("COMPLETED")
                                || reply.get("status").equals("FAILED")
                                || reply.get("status").equals("CANCELLED"));
    }

    void assertCompleted(String transferId) {
        Http.Reply reply = awaitFinal(transferId);
        assertThat(reply.get("status")).as(reply.text()).isEqualTo("COMPLETED");
    }

    void assertFailed(String transferId, String reason) {
        Http.Reply reply = awaitFinal(transferId);
        assertThat(reply.get("status")).as(reply.text()).isEqualTo("FAILED");
        assertThat(reply.get("reason")).as(reply.text()).isEqualTo(reason);
    }

    /** Waits until account-query shows this balance, with nothing reserved. */
    void awaitBalance(String iban, String booked) {
        await().atMost(PATIENCE).ignoreExceptions().untilAsserted(() -> {
            Http.Reply account = account(iban);
            assertThat(account.get("booked.value")).as(account.text()).isEqualTo(booked);
            assertThat(account.get("available.value")).as(account.text()).isEqualTo(booked);
            assertThat(account.get("reserved.value")).as(account.text()).isEqualTo("0.00");
        });
    }

    Http.Reply account(String iban) {
        return get(Platform.ACCOUNT_QUERY, "/accounts/" + iban);
    }

    Http.Reply entries(String iban) {
        return get(Platform.ACCOUNT_QUERY, "/accounts/" + iban + "/entries?limit=500");
    }

    /** Waits until no transfer is in flight: then all entries sum to zero, and so does each clearing account's sum. */
    void assertBooksBalance() {
        await().atMost(PATIENCE).ignoreExceptions().untilAsserted(() -> {
            Http.Reply books = get(Platform.ACCOUNT_QUERY, "/trial-balance");
            JsonNode totals = books.body().path("totals");
            assertThat(totals.isEmpty()).as(books.text()).isFalse();
            for (JsonNode total : totals) {
                assertThat(total.path("value").asString()).as(books.text()).matches("0(\\.0+)?");
            }
            long clearing = 0;
            for (JsonNode line : books.body().path("lines")) {
                String account = line.path("account").asString().toUpperCase(Locale.ROOT);
                if (account.startsWith("CLEARING")) {
                    clearing += Long.parseLong(
                            line.path("balance").path("value").asString().replace(".", ""));
                }
            }
            assertThat(clearing).as(books.text()).isZero();
        });
    }

    Http.Reply post(String service, String path, String key, String json) {
        return http.post(uri(service, path), key, json);
    }

    Http.Reply get(String service, String path) {
        return http.get(uri(service, path));
    }

    private URI uri(String service, String path) {
        return platform.url(service).resolve(path);
    }
}
