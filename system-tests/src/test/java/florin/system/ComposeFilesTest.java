package florin.system;

import static org.assertj.core.api.Assertions.assertThat;

import florin.launcher.DatabaseAccounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.AbstractConstruct;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/** No container engine is needed to see that the compose files, the Dockerfiles and the applications agree. */
class ComposeFilesTest {
    private static final Map<?, ?> COMPOSE = yaml("docker-compose.yml");
    private static final Map<?, ?> AXONIQ = yaml("docker-compose.axoniq.yml");

    @ParameterizedTest
    @CsvSource({
        "account-command-flno, account-command, 8081, account_flno, FLNO",
        "account-command-flso, account-command, 8082, account_flso, FLSO",
        "transfer-saga, transfer-saga, 8083, transfer_saga,",
        "account-query, account-query, 8084, account_query,"
    })
    void a_service_has_its_applications_settings(
            String service, String module, String port, String database, String branch) throws IOException {
        assertThat(at(COMPOSE, "services", service, "image")).isEqualTo("florin/" + module);
        assertThat(at(COMPOSE, "services", service, "build", "context")).isEqualTo(".");
        String dockerfile = (String) at(COMPOSE, "services", service, "build", "dockerfile");
        assertThat(dockerfile).isEqualTo(module + "/Dockerfile");

        Map<?, ?> environment = (Map<?, ?>) at(COMPOSE, "services", service, "environment");
        assertThat(environment.get("SERVER_PORT")).isEqualTo(port);
        assertThat(environment.get("SPRING_APPLICATION_NAME")).isEqualTo(service);
        assertThat(environment.get("AXON_AXONSERVER_SERVERS")).isEqualTo("axon-server:8124");
        assertThat(environment.get("SPRING_DATASOURCE_URL"))
                .isEqualTo("jdbc:postgresql://" + service + "-database:5432/" + database);
        assertThat(environment.get("SPRING_DATASOURCE_USERNAME")).isEqualTo(database);
        assertThat(environment.get("FLORIN_BRANCH")).isEqualTo(branch);
        assertThat(at(COMPOSE, "services", service, "ports")).isEqualTo(List.of("127.0.0.1:" + port + ":" + port));

        String application =
                Files.readString(SharedPlatform.root().resolve(module).resolve("src/main/resources/application.yml"));
        assertThat(application)
                .contains("port: " + port)
                .contains("name: " + service)
                .contains("jdbc:postgresql://localhost:15432/" + database);
        assertHealth(service, "/actuator/health/readiness", port);
        assertThat(at(COMPOSE, "services", service, "depends_on"))
                .isEqualTo(Map.of(
                        "axon-server",
                        Map.of("condition", "service_healthy"),
                        service + "-database",
                        Map.of("condition", "service_healthy")));
    }

    @Test
    void every_service_has_a_postgresql_of_its_own() {
        for (String service :
                List.of("account-command-flno", "account-command-flso", "transfer-saga", "account-query")) {
            String database = (String) at(COMPOSE, "services", service, "environment", "SPRING_DATASOURCE_USERNAME");
            assertThat(DatabaseAccounts.DATABASES).contains(database);
            String server = service + "-database";
            assertThat(at(COMPOSE, "services", server, "image")).isEqualTo("postgres:18");
            assertThat(at(COMPOSE, "services", server, "environment", "POSTGRES_DB"))
                    .isEqualTo(database);
            assertThat(at(COMPOSE, "services", server, "environment", "POSTGRES_USER"))
                    .isEqualTo(database);
            assertThat(at(COMPOSE, "services", server, "environment", "POSTGRES_PASSWORD"))
                    .isEqualTo(at(COMPOSE, "services", service, "environment", "SPRING_DATASOURCE_PASSWORD"));
            assertThat(at(COMPOSE, "services", server, "volumes")).isEqualTo(List.of(server + ":/var/lib/postgresql"));
            assertThat((List<?>) at(COMPOSE, "services", server, "healthcheck", "test"))
                    .asString()
                    .contains("pg_isready", database);
        }
    }

    @Test
    void our_axon_server_is_the_default() throws IOException {
        assertThat(at(COMPOSE, "services", "axon-server", "image")).isEqualTo("florin/axon-server");
        assertThat(at(COMPOSE, "services", "axon-server", "build", "dockerfile"))
                .isEqualTo("axon-server/Dockerfile");
        assertThat(at(COMPOSE, "services", "axon-server", "ports"))
                .isEqualTo(List.of("127.0.0.1:8124:8124", "127.0.0.1:8024:8024"));
        assertHealth("axon-server", "/actuator/health", "8024");
        String dockerfile = dockerfile("axon-server");
        assertThat(dockerfile).contains("\"--grpc-port\", \"8124\"").contains("\"--http-port\", \"8024\"");
        assertThat(dockerfile.lines().filter(line -> line.startsWith("CMD")))
                .as("whether everybody may call is not for the image to say")
                .singleElement()
                .asString()
                .doesNotContain("--insecure-listen");
        assertThat(((List<?>) at(COMPOSE, "services", "axon-server", "command"))
                        .stream().map(Object::toString))
                .containsExactly(
                        "--data",
                        "/florin/data",
                        "--grpc-port",
                        "8124",
                        "--http-port",
                        "8024",
                        "--host",
                        "0.0.0.0",
                        "--insecure-listen");
        assertThat(at(COMPOSE, "services", "axon-server", "volumes")).isEqualTo(List.of("axon-server:/florin/data"));
        assertThat(dockerfile).contains("\"--data\", \"/florin/data\"");
        String options = Files.readString(
                SharedPlatform.root().resolve("axon-server/src/main/java/florin/eventstore/Main.java"));
        assertThat(options).contains("\"--data\"", "\"--host\"", "\"--grpc-port\"", "\"--http-port\"");
    }

    @Test
    void axoniqs_axon_server_replaces_ours_and_nothing_else() {
        assertThat(((Map<?, ?>) AXONIQ.get("services")).keySet().stream().map(Object::toString))
                .containsExactly("axon-server");
        assertThat((String) at(AXONIQ, "services", "axon-server", "image")).startsWith("axoniq/axonserver:");
        assertThat(((Map<?, ?>) at(AXONIQ, "services", "axon-server")).containsKey("build"))
                .isTrue();
        assertThat(at(AXONIQ, "services", "axon-server", "build")).isNull();
        assertThat(((Map<?, ?>) at(AXONIQ, "services", "axon-server")).containsKey("command"))
                .isTrue();
        assertThat(at(AXONIQ, "services", "axon-server", "command")).isNull();
        List<?> volumes = (List<?>) at(AXONIQ, "services", "axon-server", "volumes");
        assertThat(volumes.stream().map(volume -> volume.toString().split(":", 2)[0]))
                .allMatch(((Map<?, ?>) AXONIQ.get("volumes"))::containsKey);
    }

    @Test
    void every_volume_is_declared() {
        Map<?, ?> declared = (Map<?, ?>) COMPOSE.get("volumes");
        Map<?, ?> services = (Map<?, ?>) COMPOSE.get("services");
        services.forEach((name, service) -> {
            Object volumes = ((Map<?, ?>) service).get("volumes");
            if (volumes instanceof List<?> list) {
                list.forEach(volume -> assertThat(
                                declared.containsKey(volume.toString().split(":", 2)[0]))
                        .as(volume.toString())
                        .isTrue());
            }
        });
    }

    @ParameterizedTest
    @CsvSource({"axon-server, 8124 8024", "account-command, 8081", "transfer-saga, 8083", "account-query, 8084"})
    void an_image_is_small_layered_and_does_not_run_as_root(String module, String ports) throws IOException {
        String dockerfile = dockerfile(module);
        assertThat(dockerfile)
                .contains("FROM eclipse-temurin:25-jre")
                .contains("USER 10001")
                .contains("EXPOSE " + ports)
                .contains(module + "/target/" + module + ".jar")
                .contains("HEALTHCHECK")
                .contains("/actuator/health");
        if (!module.equals("axon-server")) {
            assertThat(dockerfile)
                    .contains("-Djarmode=tools", "--layers")
                    .contains("ENV SERVER_PORT=" + ports, "ENV SERVER_ADDRESS=0.0.0.0")
                    .contains("/actuator/health/readiness");
        }
        assertThat(Files.readString(SharedPlatform.root().resolve(".dockerignore")))
                .contains("!*/target/" + module + ".jar");
    }

    private static void assertHealth(String service, String path, String port) {
        assertThat((List<?>) at(COMPOSE, "services", service, "healthcheck", "test"))
                .asString()
                .contains("/dev/tcp/127.0.0.1/" + port)
                .contains("GET " + path + " HTTP");
    }

    private static String dockerfile(String module) throws IOException {
        return Files.readString(SharedPlatform.root().resolve(module).resolve("Dockerfile"));
    }

    private static Object at(Map<?, ?> map, String... path) {
        Object value = map;
        for (String key : path) {
            assertThat(value).as(String.join(".", path)).isInstanceOf(Map.class);
            value = ((Map<?, ?>) value).get(key);
        }
        return value;
    }

    private static Map<?, ?> yaml(String file) {
        try {
            Path path = SharedPlatform.root().resolve(file);
            return new Yaml(new ComposeConstructor()).load(Files.readString(path));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Knows the tags of Docker Compose: what is reset is null, what is overridden is itself. */
    private static final class ComposeConstructor extends SafeConstructor {
        ComposeConstructor() {
            super(new LoaderOptions());
            yamlConstructors.put(new Tag("!reset"), new AbstractConstruct() {
                @Override
                public Object construct(Node node) {
                    return null;
                }
            });
            yamlConstructors.put(new Tag("!override"), new AbstractConstruct() {
                @Override
                public Object construct(Node node) {
                    return constructSequence((SequenceNode) node);
                }
            });
        }
    }
}
