package florin.launcher;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** {@code ./florin demo}: money moves between two services while somebody watches, and every answer is checked. */
final class Demo {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final long POLL_MILLIS = 100;

    private final Platform platform;
    private final Http http = new Http();
    private int step;

    private Demo(Platform platform) {
        this.platform = platform;
    }

    static int run(Path root, Settings settings) {
        long startNanos = System.nanoTime();
        Optional<Path> chosen = settings.has(Setting.DATA) ? Optional.of(settings.data()) : Optional.empty();
        Path folder = DataFolder.fresh(chosen, "The demo", "florin-demo-");
        PlatformConfiguration configuration = new PlatformConfiguration(
                root,
                folder,
                settings.cache(root),
                settings.ports(PlatformPorts.free()),
                List.of(),
                settings.databaseUrls(),
                Map.of(),
                false,
                true,
                Console.timed());
        Platform platform = Platform.prepare(configuration);
        StopSignal signal = StopSignal.onSignal(130, () -> {
            System.out.println("Stopping");
            platform.close();
            leave(folder, chosen);
        });
        try {
            say("Six processes start on the folder " + folder + " and free ports.");
            platform.startAll();
            new Demo(platform).tell();
            ResidentMemory.mebibytes(platform)
                    .ifPresent(mebibytes ->
                            say("\nAll processes together have " + mebibytes + " MiB resident. Stopping them."));
            platform.close();
        } catch (RuntimeException e) {
            signal.awaitEndIfGiven();
            platform.close();
            signal.forget();
            throw new LauncherException(
                    "The demo failed: " + Console.sentence(e) + "\nThe logs are kept in " + DataFolder.logs(folder)
                            + ".",
                    e);
        }
        signal.forget();
        leave(folder, chosen);
        say("Everything was as it should be ("
                + Duration.ofNanos(System.nanoTime() - startNanos).toSeconds()
                + " s). ./florin up starts the same on fixed ports and keeps the data.");
        return 0;
    }

    /** A temporary folder is deleted, a chosen one is the person's. */
    private static void leave(Path folder, Optional<Path> chosen) {
        if (chosen.isEmpty()) {
            UnpackedFolder.delete(folder);
        } else {
            say("Data and logs are kept in " + folder + ".");
        }
    }

    private void tell() {
        heading("Alice opens an account at branch FLNO, Bob one at branch FLSO: two services, two databases.");
        String alice = open(Platform.ACCOUNT_COMMAND_FLNO, "alice", "FLNO");
        String bob = open(Platform.ACCOUNT_COMMAND_FLSO, "bob", "FLSO");

        heading("Alice pays in 100.00 EUR.");
        Http.Reply deposit = post(
                Platform.ACCOUNT_COMMAND_FLNO,
                "/accounts/" + alice + "/deposits",
                "deposit-1",
                "{\"amount\": " + euro("100.00") + ", \"reference\": \"salary\"}");
        require(deposit.status() == 201, "the deposit is not 201 but " + deposit.status());
        require(deposit.get("booked.value").equals("100.00"), "the new balance is not 100.00");

        heading("The balances before, from account-query's own read model.");
        awaitBalance(alice, "100.00");
        balance(alice, "100.00");
        balance(bob, "0.00");

        heading("Alice sends 30.00 EUR to Bob: transfer-saga reserves at FLNO, credits at FLSO, captures at FLNO.");
        String request = transfer(alice, bob, "30.00", "rent");
        Http.Reply first = post(Platform.TRANSFER_SAGA, "/transfers", "rent-november", request);
        require(first.status() == 202, "the transfer is not 202 but " + first.status());
        String id = first.get("id");
        Http.Reply done = get(Platform.TRANSFER_SAGA, "/transfers/" + id + "?wait=30s");
        require(done.get("status").equals("COMPLETED"), "the transfer is not COMPLETED but " + done.text());
        awaitBalance(alice, "70.00");
        awaitBalance(bob, "30.00");

        heading(
                "The same request again, with the same key, as after a lost answer: the same answer, no second transfer.");
        Http.Reply second = post(Platform.TRANSFER_SAGA, "/transfers", "rent-november", request);
        require(
                second.status() == first.status() && second.text().equals(first.text()),
                "the repeated request has another answer");

        heading("Alice tries to send 500.00 EUR, which she does not have: FAILED, reason AM04 (insufficient funds).");
        Http.Reply greedy =
                post(Platform.TRANSFER_SAGA, "/transfers", "yacht-1", transfer(alice, bob, "500.00", "yacht"));
        require(greedy.status() == 202, "the transfer is not 202 but " + greedy.status());
        Http.Reply refused = get(Platform.TRANSFER_SAGA, "/transfers/" + greedy.get("id") + "?wait=30s");
        require(
                refused.get("status").equals("FAILED") && refused.get("reason").equals("AM04"),
                "the transfer is not FAILED with AM04 but " + refused.text());

        heading("The balances after: 30.00 EUR moved, once.");
        awaitBalance(alice, "70.00");
        awaitBalance(bob, "30.00");
        balance(alice, "70.00");
        balance(bob, "30.00");
        require(entries(alice).body().path("entries").size() == 2, "Alice has not two entries");
        require(entries(bob).body().path("entries").size() == 1, "Bob has not one entry");

        heading("The trial balance: the sum of all entries is zero.");
        Http.Reply books = get(Platform.ACCOUNT_QUERY, "/trial-balance");
        requireZero(books);

        heading(
                "The account projection is built again from the events, beside the one that is read; it is what it was.");
        String before = accounts(alice, bob);
        Http.Reply replay = post(Platform.ACCOUNT_QUERY, "/projections/accounts/replay", null, "");
        require(replay.status() == 202, "the replay is not 202 but " + replay.status());
        await("the replay is not over", Platform.ACCOUNT_QUERY, "/projections", Demo::replayed);
        get(Platform.ACCOUNT_QUERY, "/projections");
        String after = accounts(alice, bob);
        require(before.equals(after), "the replayed projection differs: " + after + " instead of " + before);
        say("   Before and after the replay: " + after.replace("\n", "\n                                "));
        requireZero(http.get(uri(Platform.ACCOUNT_QUERY, "/trial-balance")));
    }

    private static boolean replayed(Http.Reply projections) {
        for (var projection : projections.body()) {
            if (projection.path("name").asString("").equals("accounts")) {
                return !projection.path("replaying").asBoolean(true)
                        && projection.path("lag").asLong(1) == 0;
            }
        }
        throw new LauncherException("there is no projection accounts in " + projections.text());
    }

    private String open(String service, String owner, String branch) {
        Http.Reply reply =
                post(service, "/accounts", "open-" + owner, "{\"owner\": \"" + owner + "\", \"currency\": \"EUR\"}");
        require(reply.status() == 201, "the account is not 201 but " + reply.status());
        String iban = reply.get("iban");
        require(iban.contains(branch), "the IBAN is not one of " + branch + ": " + iban);
        require(("/accounts/" + iban).equals(path(reply.location())), "Location is " + reply.location());
        return iban;
    }

    private static String path(String location) {
        return location == null ? null : URI.create(location).getPath();
    }

    private static String euro(String value) {
        return "{\"value\": \"" + value + "\", \"currency\": \"EUR\"}";
    }

    private static String transfer(String from, String to, String value, String reference) {
        return "{\"from\": \"" + from + "\", \"to\": \"" + to + "\", \"amount\": " + euro(value) + ", \"reference\": \""
                + reference + "\"}";
    }

    private void awaitBalance(String iban, String booked) {
        await(
                "account-query does not show " + booked + " EUR on " + iban,
                Platform.ACCOUNT_QUERY,
                "/accounts/" + iban,
                reply -> reply.get("booked.value").equals(booked)
                        && reply.get("available.value").equals(booked)
                        && reply.get("reserved.value").equals("0.00"));
    }

    private void balance(String iban, String booked) {
        Http.Reply reply = get(Platform.ACCOUNT_QUERY, "/accounts/" + iban);
        require(reply.get("booked.value").equals(booked), iban + " does not have " + booked + " EUR");
    }

    private String accounts(String alice, String bob) {
        return http.get(uri(Platform.ACCOUNT_QUERY, "/accounts/" + alice)).text() + "\n"
                + http.get(uri(Platform.ACCOUNT_QUERY, "/accounts/" + bob)).text();
    }

    private Http.Reply entries(String iban) {
        return http.get(uri(Platform.ACCOUNT_QUERY, "/accounts/" + iban + "/entries?limit=100"));
    }

    private static void requireZero(Http.Reply books) {
        var totals = books.body().path("totals");
        require(!totals.isEmpty(), "the trial balance has no totals");
        for (var total : totals) {
            require(total.path("value").asString("").equals("0.00"), "the trial balance is not zero: " + books.text());
        }
    }

    private void await(String complaint, String service, String path, Predicate<Http.Reply> condition) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        Http.Reply reply = http.get(uri(service, path));
        while (!condition.test(reply)) {
            require(System.nanoTime() < end, complaint + " within " + PATIENCE.toSeconds() + " s: " + reply.text());
            Pause.millis(POLL_MILLIS);
            reply = http.get(uri(service, path));
        }
    }

    private Http.Reply post(String service, String path, String key, String json) {
        URI uri = uri(service, path);
        String body = json.isEmpty() ? "" : " -H 'Content-Type: application/json'";
        body += key == null ? "" : " -H 'Idempotency-Key: " + key + "'";
        body += json.isEmpty() ? "" : " \\\n       -d '" + json + "'";
        say("   $ curl -X POST " + uri + body);
        return show(http.post(uri, key, json));
    }

    private Http.Reply get(String service, String path) {
        URI uri = uri(service, path);
        say("   $ curl '" + uri + "'");
        return show(http.get(uri));
    }

    private static Http.Reply show(Http.Reply reply) {
        say("   " + reply.status()
                + Optional.ofNullable(reply.location())
                        .map(l -> " Location: " + l)
                        .orElse("")
                + (reply.text().isBlank() ? "" : "\n   " + reply.text().strip()));
        return reply;
    }

    private URI uri(String service, String path) {
        return platform.url(service).resolve(path);
    }

    private void heading(String text) {
        step++;
        say("\n" + step + ". " + text);
    }

    private static void say(String line) {
        System.out.println(line);
        System.out.flush();
    }

    private static void require(boolean condition, String complaint) {
        if (!condition) {
            throw new LauncherException(complaint);
        }
    }
}
