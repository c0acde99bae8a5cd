package florin.eventstore;

import static florin.eventstore.NodeFixture.append;
import static florin.eventstore.NodeFixture.event;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import florin.eventstore.NodeConfiguration.Access;
import florin.eventstore.security.AccessControl;
import florin.eventstore.security.Tls;
import io.axoniq.axonserver.connector.AxonServerConnection;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContextBuilder;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyStore;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TlsTest {
    @TempDir
    private static Path certificates;

    private static Certificates server;
    private static Certificates client;
    private static Certificates stranger;

    @TempDir
    private Path data;

    @BeforeAll
    static void makeCertificates() throws Exception {
        server = Certificates.make(certificates, "server");
        client = Certificates.make(certificates, "client");
        stranger = Certificates.make(certificates, "stranger");
    }

    @Test
    void bothSidesSpeakTlsAndNothingElse() throws Exception {
        try (NodeFixture fixture = node(Tls.read(server.certificate(), server.key(), null))) {
            append(connect(fixture, null), event("a", 0, "one"));
            assertThat(health(fixture, null)).contains("UP");

            AxonServerConnection plain = fixture.connect("plain");
            assertThatThrownBy(() -> append(plain, event("a", 1, "two"))).hasMessageContaining("UNAVAILABLE");
            assertThatThrownBy(() -> fixture.http("GET", "/actuator/health", ""))
                    .isInstanceOf(java.io.IOException.class);
        }
    }

    @Test
    void withMutualTlsOnlyClientsWithATrustedCertificateGetIn() throws Exception {
        try (NodeFixture fixture = node(Tls.read(server.certificate(), server.key(), client.certificate()))) {
            append(connect(fixture, client), event("a", 0, "one"));
            assertThat(health(fixture, client)).contains("UP");

            AxonServerConnection anonymous = connect(fixture, null);
            assertThatThrownBy(() -> append(anonymous, event("a", 1, "two"))).hasMessageContaining("UNAVAILABLE");
            AxonServerConnection untrusted = connect(fixture, stranger);
            assertThatThrownBy(() -> append(untrusted, event("a", 1, "two"))).hasMessageContaining("UNAVAILABLE");
            assertThatThrownBy(() -> health(fixture, null)).isInstanceOf(java.io.IOException.class);
            assertThatThrownBy(() -> health(fixture, stranger)).isInstanceOf(java.io.IOException.class);
            assertThat(lastToken(connect(fixture, client))).isZero();
        }
    }

    @Test
    void renewedFilesAreTakenWithoutARestart() throws Exception {
        Path certificate = Files.copy(server.certificate(), certificates.resolve("node.crt"));
        Path key = Files.copy(server.key(), certificates.resolve("node.key"));
        Path authority = Files.copy(client.certificate(), certificates.resolve("authority.crt"));
        Tls tls = Tls.read(certificate, key, authority);
        try (NodeFixture fixture = node(tls)) {
            AxonServerConnection before = connect(fixture, client);
            append(before, event("a", 0, "one"));

            Certificates renewed = Certificates.make(certificates, "renewed");
            replace(certificate, renewed.certificate());
            replace(authority, stranger.certificate());
            tls.renew();
            append(connect(fixture, client), event("a", 1, "not without the certificate's own key"));
            replace(key, renewed.key());

            await().atMost(Duration.ofSeconds(60)).ignoreExceptions().untilAsserted(() -> assertThat(
                            lastToken(connect(fixture, renewed, stranger)))
                    .isEqualTo(1));
            assertThat(health(fixture, renewed, stranger)).contains("UP");
            assertThatThrownBy(() -> lastToken(connect(fixture, renewed, client)))
                    .hasMessageContaining("UNAVAILABLE");
            assertThatThrownBy(() -> lastToken(connect(fixture, server, stranger)))
                    .hasMessageContaining("UNAVAILABLE");
            assertThatThrownBy(() -> health(fixture, server, stranger)).isInstanceOf(java.io.IOException.class);
            append(before, event("a", 2, "a connection of before goes on"));
        }
    }

    private static void replace(Path file, Path by) throws java.io.IOException {
        Files.copy(by, file, StandardCopyOption.REPLACE_EXISTING);
    }

    private static long lastToken(AxonServerConnection connection) throws Exception {
        return connection.eventChannel().getLastToken().get(30, TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"RSA", "Ed25519"})
    void keysMayBeOfOtherKinds(String algorithm) throws Exception {
        Certificates other = Certificates.make(certificates, algorithm, algorithm);
        try (NodeFixture fixture = node(Tls.read(other.certificate(), other.key(), null))) {
            assertThat(health(fixture, other, null)).contains("UP");
        }
    }

    @Test
    void filesThatHoldSomethingElseAreNamed() {
        assertThatThrownBy(() -> Tls.read(server.certificate(), server.certificate(), null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no unencrypted key in PKCS #8")
                .hasMessageContaining("server.crt");
        assertThatThrownBy(() -> Tls.read(certificates.resolve("missing"), server.key(), null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("missing");
        assertThatThrownBy(() -> Tls.read(server.certificate(), client.key(), null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("client.key is not that of the certificate");
    }

    private NodeFixture node(Tls tls) {
        return new NodeFixture(
                NodeConfiguration.of(data, 0, 0).withAccess(new Access(AccessControl.off(), tls, false)));
    }

    private static AxonServerConnection connect(NodeFixture fixture, Certificates identity) throws Exception {
        return connect(fixture, server, identity);
    }

    private static AxonServerConnection connect(NodeFixture fixture, Certificates node, Certificates identity)
            throws Exception {
        SslContextBuilder builder =
                SslContextBuilder.forClient().trustManager(node.certificate().toFile());
        if (identity != null) {
            builder.keyManager(identity.certificate().toFile(), identity.key().toFile());
        }
        SslContext context = GrpcSslContexts.configure(builder).build();
        return fixture.connect("client", "client", "default", factory -> factory.useTransportSecurity(context));
    }

    private static String health(NodeFixture fixture, Certificates identity) throws Exception {
        return health(fixture, server, identity);
    }

    private static String health(NodeFixture fixture, Certificates node, Certificates identity) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        KeyStore shown = load(node);
        trusted.setCertificateEntry("node", shown.getCertificate(shown.aliases().nextElement()));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        KeyManagerFactory keys = null;
        if (identity != null) {
            keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(load(identity), Certificates.PASSWORD);
        }
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys == null ? null : keys.getKeyManagers(), trust.getTrustManagers(), null);
        return HttpClient.newBuilder()
                .sslContext(context)
                .build()
                .send(
                        HttpRequest.newBuilder(URI.create(
                                        "https://localhost:" + fixture.node().httpPort() + "/actuator/health"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }

    private static KeyStore load(Certificates identity) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream input = Files.newInputStream(identity.store())) {
            store.load(input, Certificates.PASSWORD);
        }
        return store;
    }
}
