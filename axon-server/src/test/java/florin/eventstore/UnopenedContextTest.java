package florin.eventstore;

import static florin.eventstore.NodeFixture.append;
import static florin.eventstore.NodeFixture.event;
import static florin.eventstore.NodeFixture.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import florin.eventstore.NodeConfiguration.Access;
import florin.eventstore.protocol.Refusal;
import florin.eventstore.security.AccessControl;
import florin.eventstore.storage.EventStorage;
import florin.eventstore.storage.StorageConfiguration;
import florin.eventstore.storage.StorageResources;
import io.axoniq.axonserver.connector.AxonServerConnection;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node serves the contexts that it can open, and says of the others why it could not. */
class UnopenedContextTest {
    private static final String[] CONTEXTS = {"default", "billing", "orders", "stock"};

    @TempDir
    private Path temporary;

    private Path data;

    @BeforeEach
    void fill() throws Exception {
        data = temporary.resolve("data");
        try (NodeFixture fixture = new NodeFixture(data)) {
            for (String context : CONTEXTS) {
                append(fixture.connect("client", "client-" + context, context), event("a", 0, "one"));
            }
        }
    }

    @Test
    void oneThatIsDamagedAndOneWhoseStreamsCannotBeReadAreRefusedByNameAndTheRestIsServed() throws Exception {
        damageHead("orders");
        withStore("billing", store -> store.putStream("broken", new byte[] {9}));
        Files.createDirectories(data.resolve("contexts/lost+found"));

        try (NodeFixture fixture = new NodeFixture(data)) {
            for (String served : new String[] {"default", "stock"}) {
                assertThat(read(fixture.connect("client", "client-" + served, served)
                                .eventChannel()
                                .openAggregateStream("a")))
                        .hasSize(1);
            }
            assertRefused(fixture, "orders", data.resolve("contexts/orders/head") + " is damaged");
            assertRefused(fixture, "billing", "the state of persistent stream broken cannot be read");
            HttpResponse<String> health = fixture.http("GET", "/actuator/health", "");
            assertThat(health.statusCode()).isEqualTo(503);
            assertThat(health.body())
                    .contains(
                            "\"orders\":\"context orders could not be opened",
                            "\"billing\":\"context billing could not")
                    .doesNotContain("stock", "default");
            assertThat(fixture.http("GET", "/actuator/prometheus", "").body().lines())
                    .contains("axon_context_up{context=\"orders\"} 0", "axon_context_up{context=\"stock\"} 1");
            assertThat(fixture.http("DELETE", "/v1/context/orders", "").body()).contains("could not be opened");
            assertThat(data.resolve("contexts/orders")).isDirectory();
            assertThat(backup())
                    .isEqualTo("backup failed: the node answers 500: context billing could not be opened: the"
                            + " state of persistent stream broken cannot be read");

            withStore("billing", store -> store.removeStream("broken")); // The node has let go of it.
            fixture.restart();
            assertThat(read(fixture.connect("client", "again", "billing")
                            .eventChannel()
                            .openAggregateStream("a")))
                    .hasSize(1);
        }
    }

    @Test
    void withAccessControlHealthTellsStrangersNoMoreThanThatSomethingIsWrong() throws Exception {
        damageHead("orders");
        AccessControl control =
                AccessControl.of(Map.of("application.a.token", "0123456789abcdef", "application.a.roles", "ADMIN@*"));

        try (NodeFixture fixture =
                new NodeFixture(NodeConfiguration.of(data, 0, 0).withAccess(new Access(control, null, false)))) {
            HttpResponse<String> health = fixture.http("GET", "/actuator/health", "");
            assertThat(health.statusCode()).isEqualTo(503);
            assertThat(health.body()).isEqualTo("{\"status\":\"DOWN\"}");
        }
    }

    @Test
    void withoutTheDefaultContextANodeDoesNotStart() throws Exception {
        damageHead("default");

        assertThatThrownBy(() -> AxonServerNode.start(NodeConfiguration.of(data, 0, 0)))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining(data.resolve("contexts/default/head") + " is damaged");
    }

    @Test
    void oneContextTooManyIsRefusedAndThoseThatCouldNotBeOpenedCount() throws Exception {
        for (int number = CONTEXTS.length; number < 64; number++) {
            Files.createDirectories(data.resolve("contexts/broken" + number));
            damageHead("broken" + number);
        }
        try (NodeFixture fixture = new NodeFixture(data)) {
            HttpResponse<String> response = fixture.http("POST", "/v1/context", "{\"context\":\"more\"}");
            assertThat(response.statusCode()).isEqualTo(429);
            assertThat(response.body()).contains("there is no context more, and 64 is the most there may be");
            AxonServerConnection client = fixture.connect("client", "client-more", "more");
            assertThatThrownBy(() -> append(client, event("a", 0, "one")))
                    .hasMessageContaining("RESOURCE_EXHAUSTED")
                    .hasMessageContaining("AXONIQ-9200");
            client.disconnect(); // Or it comes back, and makes it as soon as there is room.
            append(fixture.connect("client", "client-stock", "stock"), event("a", 1, "two"));

            assertThat(fixture.http("DELETE", "/v1/context/billing", "").statusCode())
                    .isEqualTo(202);
            assertThat(fixture.http("POST", "/v1/context", "{\"context\":\"more\"}")
                            .statusCode())
                    .isEqualTo(202);
        }
    }

    private void damageHead(String context) throws Exception {
        Files.write(data.resolve("contexts").resolve(context).resolve("head"), new byte[8192]);
    }

    private void withStore(String context, Consumer<EventStorage> action) {
        try (StorageResources resources = new StorageResources(data.resolve("native"));
                EventStorage store = EventStorage.open(
                        data.resolve("contexts").resolve(context), resources, StorageConfiguration.DEFAULT)) {
            action.accept(store);
        }
    }

    private static void assertRefused(NodeFixture fixture, String context, String reason) {
        assertThatThrownBy(() -> append(fixture.connect("client", "client-" + context, context), event("a", 1, "two")))
                .hasMessageContaining("AXONIQ-9000")
                .hasMessageContaining("context " + context + " could not be opened")
                .hasMessageContaining(reason);
    }

    private String backup() {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        PrintStream stream = new PrintStream(output, true, StandardCharsets.UTF_8);
        int unused = new Commands(stream, stream)
                .run("backup", temporary.resolve("backup").toString(), "--data", data.toString());
        return output.toString(StandardCharsets.UTF_8).strip();
    }
}
