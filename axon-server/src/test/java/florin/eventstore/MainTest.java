package florin.eventstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import florin.eventstore.NodeConfiguration.Limits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MainTest {
    @TempDir
    private Path folder;

    @Test
    void withoutOptionsTheDefaultsHold() {
        NodeConfiguration configuration = Main.parse();

        assertThat(configuration.data()).isEqualTo(Path.of("data").toAbsolutePath());
        assertThat(configuration.host()).isEqualTo("127.0.0.1");
        assertThat(configuration.grpcPort()).isEqualTo(8124);
        assertThat(configuration.httpPort()).isEqualTo(8024);
        assertThat(configuration.developmentMode()).isFalse();
        assertThat(configuration.access().control().isOn()).isFalse();
        assertThat(configuration.access().tls()).isNull();
        assertThat(configuration.access().insecureListen()).isFalse();
        assertThat(configuration.limits()).isEqualTo(new Limits(16_777_216, 1000, 500_000));
    }

    @Test
    void aFileSaysTheSameAsOptionsAndOptionsCountMore() throws IOException {
        Path file = write(
                """
                data=%s
                grpc-port=9124
                http-port = 9024
                devmode=true
                insecure-listen=false
                max-connections=7
                max-scheduled-events=30
                max-message-size=1000000
                application.orders.token=0123456789abcdef
                application.orders.roles=USE_CONTEXT@default
                """
                        .formatted(folder));

        NodeConfiguration configuration = Main.parse("--grpc-port", "1", "--config", file.toString());

        assertThat(configuration.data()).isEqualTo(folder);
        assertThat(configuration.grpcPort()).isEqualTo(1);
        assertThat(configuration.httpPort()).isEqualTo(9024);
        assertThat(configuration.developmentMode()).isTrue();
        assertThat(configuration.access().insecureListen()).isFalse();
        assertThat(configuration.access().control().isOn()).isTrue();
        assertThat(configuration.limits()).isEqualTo(new Limits(1_000_000, 7, 30));
    }

    @Test
    void whatCannotBeMeantIsRefused() throws IOException {
        assertRefused("unknown option --colour", "--colour");
        assertRefused("--data needs a value", "--data");
        assertRefused("--config needs a value", "--config");
        assertRefused("--config may be given once", "--config", "one", "--config", "another");
        assertRefused(
                "cannot read the configuration file",
                "--config",
                folder.resolve("missing").toString());
        assertRefused("--grpc-port needs a number, not many", "--grpc-port", "many");
        assertRefused("from 0 to 65535", "--http-port", "65536");
        assertRefused("--max-message-size needs a number from 65536", "--max-message-size", "12");
        assertRefused("TLS needs both", "--tls-certificate", "file");
        assertRefused("TLS needs both", "--tls-client-ca", "file");
        assertRefused("unknown option --colour", "--config", write("colour=red").toString());
        assertRefused(
                "cannot name another one (config=other.properties)",
                "--config",
                write("config=other.properties").toString());
        assertRefused(
                "devmode is true or false", "--config", write("devmode=perhaps").toString());
        assertRefused(
                "both a token and roles",
                "--config",
                write("application.a.token=0123456789abcdef").toString());
    }

    @Test
    void othersReachTheNodeOnlyIfThatWasSaidOrTheyNeedAToken() throws IOException {
        String data = folder.resolve("data").toString();
        assertThatThrownBy(() -> AxonServerNode.start(
                        Main.parse("--data", data, "--host", "0.0.0.0", "--grpc-port", "0", "--http-port", "0")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("--insecure-listen");
        assertThat(folder.resolve("data")).doesNotExist();

        assertStarts("--data", data, "--host", "0.0.0.0", "--insecure-listen");
        assertStarts(
                "--data",
                data,
                "--host",
                "0.0.0.0",
                "--config",
                write("application.a.token=0123456789abcdef\napplication.a.roles=ADMIN@*")
                        .toString());
        assertStarts("--data", data, "--host", "localhost");
    }

    private static void assertStarts(String... arguments) {
        NodeConfiguration parsed = Main.parse(arguments);
        NodeConfiguration free = NodeConfiguration.of(parsed.data(), 0, 0)
                .withHost(parsed.host())
                .withAccess(parsed.access());
        try (AxonServerNode node = AxonServerNode.start(free)) {
            assertThat(node.grpcPort()).isPositive();
        }
    }

    private static void assertRefused(String message, String... arguments) {
        assertThatThrownBy(() -> Main.parse(arguments))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    private Path write(String content) throws IOException {
        return Files.writeString(Files.createTempFile(folder, "node", ".properties"), content);
    }
}
