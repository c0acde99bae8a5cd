package florin.chaos;

import florin.launcher.Http;
import florin.launcher.LauncherException;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;

/**
 * What one request was told.
 *
 * @param status of HTTP; 0 where there was no answer
 * @param problem the last part of a problem's type, or empty
 */
record Answer(Outcome outcome, int status, String problem, String text) {
    /** Not now, says the service: nothing is decided. */
    private static final Set<String> OF_THE_MOMENT = Set.of("request-in-progress", "concurrent-update");

    static Answer of(Http.Reply reply) {
        String type = reply.get("type");
        String problem = type.substring(type.lastIndexOf('/') + 1);
        return new Answer(outcome(reply.status(), problem), reply.status(), problem, reply.text());
    }

    /** Nobody knows what became of the request. */
    static Answer none(LauncherException reason) {
        return new Answer(Outcome.UNKNOWN, 0, "", String.valueOf(reason.getMessage()));
    }

    private static Outcome outcome(int status, String problem) {
        if (status >= 200 && status < 300) {
            return Outcome.ACKNOWLEDGED;
        }
        boolean decided = status >= 400 && status < 500 && !problem.isEmpty() && !OF_THE_MOMENT.contains(problem);
        return decided ? Outcome.REFUSED : Outcome.UNKNOWN;
    }

    /** The body; one without any field if it is no JSON. */
    JsonNode body() {
        try {
            return JsonMapper.shared().readTree(text);
        } catch (JacksonException e) {
            return MissingNode.getInstance();
        }
    }

    /** For the report: what it was, without what differs each time. */
    String label() {
        if (outcome == Outcome.ACKNOWLEDGED) {
            return "";
        }
        return problem.isEmpty() ? (status == 0 ? "no answer" : "HTTP " + status) : problem;
    }
}
