package florin.kit;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.UUID;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ErrorReportValve;
import org.slf4j.MDC;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.converter.json.ProblemDetailJacksonMixin;
import tools.jackson.databind.json.JsonMapper;

/** Answers with problem+json what Tomcat refuses before any of our code sees it, such as an address that is none. */
public final class ProblemReportValve extends ErrorReportValve {

    private static final JsonMapper JSON = JsonMapper.builder()
            .addMixIn(ProblemDetail.class, ProblemDetailJacksonMixin.class)
            .build();

    @Override
    protected void report(Request request, Response response, Throwable thrown) {
        int status = response.getStatus();
        if (status < 400 || response.getContentWritten() > 0 || !response.setErrorReported()) {
            return;
        }
        ProblemType type = ProblemAdvice.type(HttpStatusCode.valueOf(status));
        String detail = status < 500 ? "The request line or a header is not valid HTTP" : type.title();
        String correlationId = UUID.randomUUID().toString();
        try (MDC.MDCCloseable ignored = MDC.putCloseable(Correlation.KEY, correlationId)) {
            ProblemDetail problem = Problems.detail(new ProblemException(type, detail));
            problem.setStatus(status);
            response.setHeader(Correlation.HEADER, correlationId);
            response.setContentType(MediaType.APPLICATION_PROBLEM_JSON_VALUE);
            PrintWriter writer = response.getReporter();
            if (writer != null) {
                writer.write(JSON.writeValueAsString(problem));
                response.finishResponse();
            }
        } catch (IOException gone) {
            getContainer().getLogger().debug("Nobody reads the answer any more", gone);
        }
    }
}
