package florin.eventstore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Connectors of several years, each with the gRPC, the Netty and the protobuf of its time, against today's node. */
class ConnectorVersionsTest {
    @TempDir
    private Path data;

    private NodeFixture fixture;

    @BeforeEach
    void start() {
        fixture = new NodeFixture(
                NodeConfiguration.of(data, 0, 0).withHeartbeat(Duration.ofMillis(200), Duration.ofSeconds(30)));
    }

    @AfterEach
    void stop() {
        fixture.close();
    }

    @ParameterizedTest
    @CsvSource({"4.6.0, false", "2023.2.0, false", "2024.2.0, true"})
    void anEarlierConnectorIsServed(String version, boolean knowsPersistentStreams) throws Exception {
        // Never closed: a connector's threads still load classes a while after its shutdown.
        ClassLoader loader = new URLClassLoader(classPath(version), ClassLoader.getPlatformClassLoader());
        try {
            Thread.currentThread().setContextClassLoader(loader); // or slf4j finds the logging of this test
            Class<?> scenario = loader.loadClass(ConnectorScenario.class.getName());
            assertThat(scenario).isNotEqualTo(ConnectorScenario.class);
            play(scenario, knowsPersistentStreams);
        } finally {
            Thread.currentThread().setContextClassLoader(ConnectorScenario.class.getClassLoader());
        }
    }

    @Test
    void thePresentConnectorIsServed() throws Exception {
        play(ConnectorScenario.class, true);
    }

    private void play(Class<?> scenario, boolean knowsPersistentStreams) throws Exception {
        Object instance = scenario.getConstructor().newInstance();
        try (AutoCloseable end = (AutoCloseable) instance) {
            List<?> calls =
                    (List<?>) ((IntFunction<?>) instance).apply(fixture.node().grpcPort());
            assertThat(fixture.http(
                                    "PATCH",
                                    "/v1/components/scenario/processors/projection/pause?tokenStoreIdentifier=store",
                                    "")
                            .statusCode())
                    .isEqualTo(200);
            assertThat(calls.toArray()).containsExactly("pause", "start", "split 0", "merge 0", "pause");
            assertThat(fixture.connect("observer")
                            .eventChannel()
                            .persistentStreams()
                            .get(30, TimeUnit.SECONDS))
                    .hasSize(knowsPersistentStreams ? 1 : 0);
            assertThat(end).isNotNull();
        }
    }

    /** The connector with its libraries, as Maven has found them, and the scenario. */
    private static URL[] classPath(String version) throws IOException {
        List<URL> urls = new ArrayList<>();
        String jars = Files.readString(Path.of("connectors", version, "target", "classpath.txt"));
        for (String jar : jars.strip().split(File.pathSeparator, -1)) {
            urls.add(Path.of(jar).toUri().toURL());
        }
        assertThat(urls).anyMatch(url -> url.getPath().endsWith("/axonserver-connector-java-" + version + ".jar"));
        urls.add(ConnectorScenario.class.getProtectionDomain().getCodeSource().getLocation());
        return urls.toArray(URL[]::new);
    }
}
