package florin.eventstore.security;

import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.netty.handler.ssl.ClientAuth;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContextBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** The node's own certificate, and whose certificates clients must show, for gRPC and HTTP alike; all read from PEM files. */
public final class Tls {
    private static final Pattern PRIVATE_KEY =
            Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");
    private static final char[] NO_PASSWORD = {};

    private final KeyManagerFactory keys;
    private final TrustManagerFactory clients;

    private Tls(KeyManagerFactory keys, TrustManagerFactory clients) {
        this.keys = keys;
        this.clients = clients;
    }

    /**
     * Reads the certificate (with its chain) and its key, and, if {@code clientAuthority} is not null, the certificates
     * that sign those of clients.
     *
     * @throws IllegalArgumentException if a file cannot be read or does not hold that
     */
    public static Tls read(Path certificate, Path key, Path clientAuthority) {
        try {
            Collection<? extends Certificate> chain = certificates(certificate);
            KeyStore own = emptyStore();
            own.setKeyEntry(
                    "axon-server",
                    privateKey(key, chain.iterator().next().getPublicKey().getAlgorithm()),
                    NO_PASSWORD,
                    chain.toArray(Certificate[]::new));
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(own, NO_PASSWORD);
            TrustManagerFactory clients = null;
            if (clientAuthority != null) {
                KeyStore trusted = emptyStore();
                int number = 0;
                for (Certificate authority : certificates(clientAuthority)) {
                    trusted.setCertificateEntry("client-" + number++, authority);
                }
                clients = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
                clients.init(trusted);
            }
            return new Tls(keys, clients);
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalArgumentException("the certificate or its key cannot be used: " + e.getMessage(), e);
        }
    }

    private static KeyStore emptyStore() throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private static Collection<? extends Certificate> certificates(Path file)
            throws IOException, GeneralSecurityException {
        try (InputStream input = new ByteArrayInputStream(Files.readAllBytes(file))) {
            Collection<? extends Certificate> found =
                    CertificateFactory.getInstance("X.509").generateCertificates(input);
            if (found.isEmpty()) {
                throw new IOException("there is no certificate in " + file);
            }
            return found;
        }
    }

    private static PrivateKey privateKey(Path file, String algorithm) throws IOException, GeneralSecurityException {
        Matcher matcher = PRIVATE_KEY.matcher(Files.readString(file, StandardCharsets.US_ASCII));
        if (!matcher.find()) {
            throw new IOException("there is no unencrypted key in PKCS #8 (BEGIN PRIVATE KEY) in " + file);
        }
        byte[] encoded = Base64.getMimeDecoder().decode(matcher.group(1));
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(encoded));
    }

    /** Whether clients must show a certificate. */
    public boolean isMutual() {
        return clients != null;
    }

    public SslContext forGrpc() throws IOException {
        return GrpcSslContexts.configure(SslContextBuilder.forServer(keys)
                        .trustManager(clients)
                        .clientAuth(isMutual() ? ClientAuth.REQUIRE : ClientAuth.NONE))
                .build();
    }

    public SSLContext forHttp() throws IOException {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), isMutual() ? clients.getTrustManagers() : null, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException("TLS cannot be set up", e);
        }
    }
}
