package florin.bench.transfer;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * One HTTP/1.1 connection that is kept, for one thread, and for requests that can be repeated: one that was sent on a kept
 * connection, which ended before the answer, is sent again. Plain sockets: the client shares the machine with what it measures,
 * and a library's client would cost as much as a service.
 */
final class HttpConnection implements AutoCloseable {

    private static final int CONNECT_TIMEOUT_MS = 5_000;
    private static final int READ_TIMEOUT_MS = 90_000;
    private static final int MOST_BODY_BYTES = 16 * 1024 * 1024;

    private final URI address;
    private Socket socket;
    private InputStream in;

    HttpConnection(URI address) {
        this.address = address;
    }

    record Reply(int status, String body) {}

    Reply get(String path) throws IOException {
        return exchange("GET " + path + " HTTP/1.1\r\nHost: " + address.getAuthority() + "\r\n\r\n");
    }

    /** {@code headers} end with a line break each. */
    Reply post(String path, String headers, String json) throws IOException {
        int length = json.getBytes(StandardCharsets.UTF_8).length;
        return exchange("POST " + path + " HTTP/1.1\r\nHost: " + address.getAuthority()
                + "\r\nContent-Type: application/json\r\nContent-Length: " + length + "\r\n" + headers + "\r\n"
                + json);
    }

    /** Opens it, if it is not open; otherwise the first request does. */
    void connect() throws IOException {
        if (socket == null) {
            socket = new Socket();
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(READ_TIMEOUT_MS);
            socket.connect(new InetSocketAddress(address.getHost(), address.getPort()), CONNECT_TIMEOUT_MS);
            in = new BufferedInputStream(socket.getInputStream());
        }
    }

    private Reply exchange(String request) throws IOException {
        boolean isKept = socket != null;
        try {
            return exchangeOnce(request);
        } catch (EOFException ended) {
            close();
            if (!isKept) {
                throw ended;
            }
            return exchangeOnce(request);
        } catch (IOException fault) {
            close();
            throw fault;
        }
    }

    private Reply exchangeOnce(String request) throws IOException {
        connect();
        socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
        int status = Integer.parseInt(line().split(" ", 3)[1]);
        long length = 0;
        boolean isChunked = false;
        boolean isLast = false;
        for (String header = line(); !header.isEmpty(); header = line()) {
            String lower = header.toLowerCase(Locale.ROOT);
            if (lower.startsWith("content-length:")) {
                length = Long.parseLong(lower.substring(15).trim());
            }
            isChunked |= lower.startsWith("transfer-encoding:") && lower.contains("chunked");
            isLast |= lower.startsWith("connection:") && lower.contains("close");
        }
        byte[] body = isChunked ? chunks() : bytes(length);
        if (isLast) {
            close();
        }
        return new Reply(status, new String(body, StandardCharsets.UTF_8));
    }

    private byte[] chunks() throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (int length = Integer.parseInt(line(), 16); length > 0; length = Integer.parseInt(line(), 16)) {
            body.writeBytes(bytes((long) body.size() + length > MOST_BODY_BYTES ? Long.MAX_VALUE : length));
            line();
        }
        line();
        return body.toByteArray();
    }

    private byte[] bytes(long length) throws IOException {
        if (length > MOST_BODY_BYTES) {
            throw new IOException("The answer has more than " + MOST_BODY_BYTES + " bytes");
        }
        byte[] bytes = in.readNBytes((int) length);
        if (bytes.length < length) {
            throw new IOException("The answer ended early");
        }
        return bytes;
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                throw new EOFException("The connection was closed");
            }
            if (next != '\r') {
                line.append((char) next);
            }
        }
        return line.toString();
    }

    @Override
    public void close() {
        if (socket != null) {
            try {
                socket.close();
            } catch (IOException closedAlready) {
                // Nothing is left to close.
            }
            socket = null;
        }
    }
}
