package florin.kit;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.apache.catalina.connector.ClientAbortException;
import org.springframework.web.filter.OncePerRequestFilter;
import org.springframework.web.servlet.HandlerExceptionResolver;

/**
 * Refuses a request body of more than 64 KiB, whether or not its length is announced, and one that is not there after ten
 * seconds: its thread is wanted by others.
 */
final class BodyLimitFilter extends OncePerRequestFilter {

    static final int LIMIT_BYTES = 64 * 1024;
    static final Duration LIMIT = Duration.ofSeconds(10);
    private static final int PART_BYTES = 4 * 1024;

    private final HandlerExceptionResolver problems;

    BodyLimitFilter(HandlerExceptionResolver problems) {
        this.problems = problems;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        byte[] body;
        try {
            body = body(request, deadline);
        } catch (ClientAbortException e) {
            if (e.getCause() instanceof SocketTimeoutException) {
                return; // Nothing came for long, and Tomcat has answered: see ServerErrors.
            }
            throw e;
        } catch (ProblemException refused) {
            response.setHeader("Connection", "close");
            problems.resolveException(request, response, null, refused);
            response.flushBuffer();
            if (!isAtEnd(request.getInputStream(), deadline)) {
                throw new ClientAbortException(refused); // Else Tomcat would wait for the rest.
            }
            return;
        }
        chain.doFilter(new BufferedRequest(request, body), response);
    }

    private static byte[] body(HttpServletRequest request, long deadline) throws IOException {
        if (request.getContentLengthLong() > LIMIT_BYTES) {
            throw tooLarge();
        }
        byte[] part = new byte[PART_BYTES];
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        InputStream content = request.getInputStream();
        for (int length = content.read(part); length >= 0; length = content.read(part)) {
            body.write(part, 0, length);
            if (body.size() > LIMIT_BYTES) {
                throw tooLarge();
            }
            if (System.nanoTime() > deadline) {
                throw new ProblemException(
                        ProblemType.BODY_TOO_SLOW, "A body takes at most " + LIMIT.toSeconds() + " seconds to come");
            }
        }
        return body.toByteArray();
    }

    /** Reads on for what is left of the time: a client whose connection is closed while it sends may not hear the answer. */
    private static boolean isAtEnd(InputStream content, long deadline) throws IOException {
        byte[] part = new byte[PART_BYTES];
        while (System.nanoTime() < deadline) {
            if (content.read(part) < 0) {
                return true;
            }
        }
        return false;
    }

    private static ProblemException tooLarge() {
        return new ProblemException(ProblemType.BODY_TOO_LARGE, "A body has at most " + LIMIT_BYTES + " bytes");
    }

    private static final class BufferedRequest extends HttpServletRequestWrapper {
        private final byte[] body;

        BufferedRequest(HttpServletRequest request, byte[] body) {
            super(request);
            this.body = body;
        }

        @Override
        public ServletInputStream getInputStream() {
            return new BufferedStream(new ByteArrayInputStream(body));
        }
    }

    private static final class BufferedStream extends ServletInputStream {
        private final ByteArrayInputStream body;

        BufferedStream(ByteArrayInputStream body) {
            this.body = body;
        }

        @Override
        public int read() {
            return body.read();
        }

        @Override
        public int read(byte[] bytes, int offset, int length) {
            return body.read(bytes, offset, length);
        }

        @Override
        public boolean isFinished() {
            return body.available() == 0;
        }

        @Override
        public boolean isReady() {
            return true;
        }

        @Override
        public void setReadListener(ReadListener listener) {
            throw new UnsupportedOperationException("The body is read at once");
        }
    }
}
