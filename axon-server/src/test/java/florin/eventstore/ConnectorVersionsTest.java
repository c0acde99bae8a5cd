package florin.eventstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Connectors of several years, each with the gRPC, the Netty and the protobuf of its time, against today's node. */
class ConnectorVersionsTest {
    @TempDir
    private Path data;

    private NodeFixture fixture;

    @BeforeEach
    void start() {
        fixture = new NodeFixture(data);
    }

    @AfterEach
    void stop() {
        fixture.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"4.6.0", "2023.2.0", "2024.2.0"})
    void anEarlierConnectorIsServed(String version) throws Exception {
        // Never closed: a connector's threads still load classes a while after its shutdown.
        ClassLoader loader = new URLClassLoader(classPath(version), ClassLoader.getPlatformClassLoader());
        try {
            Thread.currentThread().setContextClassLoader(loader); // or slf4j finds the logging of this test
            Class<?> scenario = loader.loadClass(ConnectorScenario.class.getName());
            assertThat(scenario).isNotEqualTo(ConnectorScenario.class);
            play(scenario);
        } finally {
            Thread.currentThread().setContextClassLoader(ConnectorScenario.class.getClassLoader());
        }
    }

    @Test
    void thePresentConnectorIsServed() throws Exception {
        play(ConnectorScenario.class);
    }

    private void play(Class<?> scenario) throws Exception {
        Object instance = scenario.getConstructor().newInstance();
        try (AutoCloseable end = (AutoCloseable) instance) {
            AtomicInteger pauses = pauses(instance);
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> fixture.http("GET", "/v1/components/scenario/processors", "")
                            .body()
                            .contains("projection"));
            assertThat(fixture.http(
                                    "PATCH",
                                    "/v1/components/scenario/processors/projection/pause?tokenStoreIdentifier=store",
                                    "")
                            .statusCode())
                    .isEqualTo(200);
            assertThat(pauses).hasValue(1);
            assertThat(end).isNotNull();
        }
    }

    private AtomicInteger pauses(Object scenario) {
        return (AtomicInteger) ((IntFunction<?>) scenario).apply(fixture.node().grpcPort());
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
