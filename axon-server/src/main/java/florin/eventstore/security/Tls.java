package florin.eventstore.security;

import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.netty.handler.ssl.ClientAuth;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContextBuilder;
import io.grpc.util.AdvancedTlsX509KeyManager;
import io.grpc.util.AdvancedTlsX509TrustManager;
import io.grpc.util.AdvancedTlsX509TrustManager.Verification;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node's own certificate, and whose certificates clients must show, for gRPC and HTTP alike; all read from PEM files. When the
 * files are renewed, connections made from then on get what is in them; others go on.
 *
 * <p>Thread-safe.
 */
public final class Tls {
    private static final Logger LOG = LoggerFactory.getLogger(Tls.class);
    private static final Pattern PRIVATE_KEY =
            Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");

    private final Path certificate;
    private final Path key;
    private final Path clientAuthority;
    private final AdvancedTlsX509KeyManager keys = new AdvancedTlsX509KeyManager();
    /** Null if clients need no certificate. */
    private final AdvancedTlsX509TrustManager clients;

    private final SslContext grpc;
    /** What the files held when they were last taken. */
    private List<String> taken = List.of();
    /** Why they could not be taken since then, null if they could. */
    private String hindrance;

    private Tls(Path certificate, Path key, Path clientAuthority) throws IOException, GeneralSecurityException {
        this.certificate = certificate;
        this.key = key;
        this.clientAuthority = clientAuthority;
        clients = clientAuthority == null
                ? null
                : AdvancedTlsX509TrustManager.newBuilder()
                        .setVerification(Verification.CERTIFICATE_ONLY_VERIFICATION)
                        .build();
        // Before there are authorities: clients would be told the names of the first ones for ever, and may send no
        // certificate of another one.
        grpc = GrpcSslContexts.configure(SslContextBuilder.forServer(keys)
                        .trustManager(clients)
                        .clientAuth(isMutual() ? ClientAuth.REQUIRE : ClientAuth.NONE))
                .build();
        take();
    }

    /**
     * Reads the certificate (with its chain) and its key, and, if {@code clientAuthority} is not null, the certificates
     * that sign those of clients.
     *
     * @throws IllegalArgumentException if a file cannot be read or does not hold that
     */
    public static Tls read(Path certificate, Path key, Path clientAuthority) {
        try {
            return new Tls(certificate, key, clientAuthority);
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalArgumentException("the certificate or its key cannot be used: " + e.getMessage(), e);
        }
    }

    /** Takes what is in the files now, if that is something else; what cannot be used is logged once, and what was taken before stays. */
    public synchronized void renew() {
        try {
            if (take()) {
                LOG.info("The renewed certificate in {} is shown from now on", certificate);
            }
            hindrance = null;
        } catch (IOException | GeneralSecurityException | RuntimeException e) {
            if (!e.toString().equals(hindrance)) {
                LOG.error("The renewed certificate or its key cannot be used, and the one before is shown", e);
            }
            hindrance = e.toString();
        }
    }

    private boolean take() throws IOException, GeneralSecurityException {
        List<String> content = new ArrayList<>();
        for (Path file : isMutual() ? List.of(certificate, key, clientAuthority) : List.of(certificate, key)) {
            content.add(Files.readString(file, StandardCharsets.ISO_8859_1));
        }
        if (content.equals(taken)) {
            return false;
        }
        X509Certificate[] chain = certificates(certificate, content.get(0));
        PrivateKey privateKey = privateKey(key, content.get(1), chain[0].getPublicKey());
        X509Certificate[] authorities = isMutual() ? certificates(clientAuthority, content.get(2)) : null;
        keys.updateIdentityCredentials(chain, privateKey);
        if (isMutual()) {
            clients.updateTrustCredentials(authorities);
        }
        taken = content;
        return true;
    }

    private static X509Certificate[] certificates(Path file, String content)
            throws IOException, GeneralSecurityException {
        try (InputStream input = new ByteArrayInputStream(content.getBytes(StandardCharsets.ISO_8859_1))) {
            Collection<? extends Certificate> found =
                    CertificateFactory.getInstance("X.509").generateCertificates(input);
            if (found.isEmpty()) {
                throw new IOException("there is no certificate in " + file);
            }
            return found.toArray(X509Certificate[]::new);
        }
    }

    private static PrivateKey privateKey(Path file, String content, PublicKey publicKey)
            throws IOException, GeneralSecurityException {
        Matcher matcher = PRIVATE_KEY.matcher(content);
        if (!matcher.find()) {
            throw new IOException("there is no unencrypted key in PKCS #8 (BEGIN PRIVATE KEY) in " + file);
        }
        byte[] encoded = Base64.getMimeDecoder().decode(matcher.group(1));
        PrivateKey found =
                KeyFactory.getInstance(publicKey.getAlgorithm()).generatePrivate(new PKCS8EncodedKeySpec(encoded));
        if (!isPair(publicKey, found)) {
            throw new IOException("the key in " + file + " is not that of the certificate");
        }
        return found;
    }

    /** While the files are renewed one of them may still be the old one. */
    private static boolean isPair(PublicKey publicKey, PrivateKey privateKey) throws GeneralSecurityException {
        if (publicKey instanceof RSAKey one && privateKey instanceof RSAKey other) {
            return one.getModulus().equals(other.getModulus());
        }
        Signature signature = Signature.getInstance(
                publicKey.getAlgorithm().equals("EC") ? "SHA256withECDSA" : publicKey.getAlgorithm());
        byte[] message = publicKey.getEncoded();
        signature.initSign(privateKey);
        signature.update(message);
        byte[] signed = signature.sign();
        signature.initVerify(publicKey);
        signature.update(message);
        return signature.verify(signed);
    }

    /** Whether clients must show a certificate. */
    public boolean isMutual() {
        return clients != null;
    }

    public SslContext forGrpc() {
        return grpc;
    }

    public SSLContext forHttp() throws IOException {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(new KeyManager[] {keys}, isMutual() ? new TrustManager[] {clients} : null, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException("TLS cannot be set up", e);
        }
    }
}
