package florin.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import florin.launcher.Platform;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A client that follows an account's entries while what sends them is killed with kill -9. */
@ExtendWith(SharedPlatform.class)
class EntryStreamTest {

    private static final int TRANSFERS = 9;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final JsonMapper json = JsonMapper.shared();

    @Test
    void each_entry_comes_once_and_in_order_to_a_client_that_comes_again_with_its_last_event_id(Bank bank) {
        String alice = bank.openAtNorthWith("100.00");
        String bob = bank.openAtSouth();
        bank.awaitBalance(bob, "0.00");
        URI stream = bank.platform().url(Platform.ACCOUNT_QUERY).resolve("/accounts/" + bob + "/entries/stream");
        Follower follower = new Follower(stream);
        CompletableFuture<Void> following = CompletableFuture.runAsync(() -> await().atMost(Bank.PATIENCE)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(200))
                .ignoreExceptions()
                .until(() -> follower.follow().size() == TRANSFERS));

        List<String> transfers = new ArrayList<>();
        for (int i = 0; i < TRANSFERS; i++) {
            if (i == TRANSFERS / 3) {
                bank.platform().kill(Platform.ACCOUNT_QUERY);
            } else if (i == 2 * TRANSFERS / 3) {
                bank.platform().kill(Platform.POSTGRESQL);
            }
            transfers.add(bank.transferThroughTrouble(alice, bob, "1.00"));
        }

        transfers.forEach(bank::assertCompleted);
        following.join();
        bank.awaitBalance(bob, "9.00");
        assertThat(follower.entries).isEqualTo(listed(bank, bob));
        for (String name : bank.platform().names()) {
            bank.platform().awaitReady(name, Bank.PATIENCE);
        }
    }

    private static List<JsonNode> listed(Bank bank, String iban) {
        List<JsonNode> entries = new ArrayList<>();
        bank.entries(iban).body().path("entries").forEach(entries::add);
        return entries;
    }

    private final class Follower {
        private final URI stream;
        private final List<JsonNode> entries = new ArrayList<>();
        private String lastEventId = "0";

        Follower(URI stream) {
            this.stream = stream;
        }

        /** Until the stream ends, or all are there. */
        private List<JsonNode> follow() throws IOException, InterruptedException {
            HttpRequest request = HttpRequest.newBuilder(stream)
                    .header("Accept", "text/event-stream")
                    .header("Last-Event-ID", lastEventId)
                    .build();
            try (Stream<String> lines =
                    http.send(request, HttpResponse.BodyHandlers.ofLines()).body()) {
                String id = lastEventId;
                String data = null;
                for (Iterator<String> line = lines.iterator(); entries.size() < TRANSFERS && line.hasNext(); ) {
                    String next = line.next();
                    if (next.startsWith("id: ")) {
                        id = next.substring("id: ".length());
                    } else if (next.startsWith("data: ")) {
                        data = next.substring("data: ".length());
                    } else if (next.isEmpty()) {
                        lastEventId = id;
                        if (data != null) {
                            entries.add(json.readTree(data));
                            data = null;
                        }
                    }
                }
            }
            return entries;
        }
    }
}
