package florin.eventstore;

import static florin.eventstore.NodeFixture.append;
import static florin.eventstore.NodeFixture.event;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import java.security.KeyStore;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
            assertThat(connect(fixture, client).eventChannel().getLastToken().get(30, TimeUnit.SECONDS))
                    .isZero();
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
    }

    private NodeFixture node(Tls tls) {
        return new NodeFixture(
                NodeConfiguration.of(data, 0, 0).withAccess(new Access(AccessControl.off(), tls, false)));
    }

    private static AxonServerConnection connect(NodeFixture fixture, Certificates identity) throws Exception {
        SslContextBuilder builder =
                SslContextBuilder.forClient().trustManager(server.certificate().toFile());
        if (identity != null) {
            builder.keyManager(identity.certificate().toFile(), identity.key().toFile());
        }
        SslContext context = GrpcSslContexts.configure(builder).build();
        return fixture.connect("client", "client", "default", factory -> factory.useTransportSecurity(context));
    }

    private static String health(NodeFixture fixture, Certificates identity) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("server", load(server).getCertificate("server"));
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
