package florin.kit;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.BiFunction;
import java.util.regex.Pattern;
import org.axonframework.messaging.InterceptorChain;
import org.axonframework.messaging.Message;
import org.axonframework.messaging.MessageDispatchInterceptor;
import org.axonframework.messaging.MessageHandlerInterceptor;
import org.axonframework.messaging.unitofwork.UnitOfWork;
import org.slf4j.MDC;
import org.springframework.web.filter.OncePerRequestFilter;

/** Carries one id from a request through every message and log line that it causes. */
public final class Correlation {

    /** The key in a message's metadata and in the logging context. */
    public static final String KEY = "correlationId";

    /** The key of the number of the attempt that a command is, which its events keep. */
    public static final String ATTEMPT = "attempt";

    /** The HTTP header; 1 to 64 letters, digits and {@code . _ : -}, anything else is replaced by a made id. */
    public static final String HEADER = "X-Correlation-ID";

    private static final Pattern FORM = Pattern.compile("[A-Za-z0-9._:-]{1,64}");

    private Correlation() {}

    /** The id of the request or message that this thread works for, or null. */
    public static String current() {
        return MDC.get(KEY);
    }

    static final class Filter extends OncePerRequestFilter {

        @Override
        protected boolean shouldNotFilterAsyncDispatch() {
            return false;
        }

        @Override
        protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
                throws ServletException, IOException {
            String id = (String) request.getAttribute(HEADER);
            if (id == null) {
                String sent = Objects.requireNonNullElse(request.getHeader(HEADER), "");
                id = FORM.matcher(sent).matches() ? sent : UUID.randomUUID().toString();
                request.setAttribute(HEADER, id);
                response.setHeader(HEADER, id);
            }
            try (MDC.MDCCloseable ignored = MDC.putCloseable(KEY, id)) {
                chain.doFilter(request, response);
            }
        }
    }

    /** Puts this thread's id into what it dispatches, unless the message has one. */
    static final class Dispatch<T extends Message<?>> implements MessageDispatchInterceptor<T> {

        @Override
        @SuppressWarnings("unchecked") // andMetaData answers the message's own kind.
        public BiFunction<Integer, T, T> handle(List<? extends T> messages) {
            return (index, message) -> {
                String id = current();
                return id == null || message.getMetaData().containsKey(KEY)
                        ? message
                        : (T) message.andMetaData(Map.of(KEY, id));
            };
        }
    }

    /** Puts a handled message's id into the logging context. */
    static final class Handling<T extends Message<?>> implements MessageHandlerInterceptor<T> {

        @Override
        public Object handle(UnitOfWork<? extends T> unitOfWork, InterceptorChain chain) throws Exception {
            Object id = unitOfWork.getMessage().getMetaData().get(KEY);
            if (id == null) {
                return chain.proceed();
            }
            String before = MDC.get(KEY);
            MDC.put(KEY, id.toString());
            try {
                return chain.proceed();
            } finally {
                if (before == null) {
                    MDC.remove(KEY);
                } else {
                    MDC.put(KEY, before);
                }
            }
        }
    }
}
