package florin.kit;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.UUID;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ErrorReportValve;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Answers with problem+json what Tomcat refuses before any of our code sees it, such as an address that is none. */
public final class ProblemReportValve extends ErrorReportValve {

    private static final JsonMapper JSON = JsonMapper.shared();

    @Override
    protected void report(Request request, Response response, Throwable thrown) {
        int status = response.getStatus();
        if (status < 400 || response.getContentWritten() > 0 || !response.setErrorReported()) {
            return;
        }
        String correlationId = UUID.randomUUID().toString();
        ProblemType type = ProblemAdvice.type(HttpStatusCode.valueOf(status));
        ObjectNode problem = JSON.createObjectNode()
                .put("type", type.uri().toString())
                .put("title", type.title())
                .put("status", status)
                .put("detail", "The request line or a header is not valid HTTP")
                .put(Correlation.KEY, correlationId);
        try {
            response.setHeader(Correlation.HEADER, correlationId);
            response.setContentType(MediaType.APPLICATION_PROBLEM_JSON_VALUE);
            PrintWriter writer = response.getReporter();
            if (writer != null) {
                writer.write(problem.toString());
                response.finishResponse();
            }
        } catch (IOException gone) {
            getContainer().getLogger().debug("Nobody reads the answer any more", gone);
        }
    }
}
