package florin.eventstore.http;

import com.google.gson.JsonObject;
import florin.eventstore.platform.PlatformRpc;
import florin.eventstore.protocol.ContextHeader;
import florin.eventstore.protocol.Refusal;
import florin.eventstore.routing.CommandRpc;
import florin.eventstore.routing.QueryRpc;
import florin.eventstore.security.Role;
import florin.eventstore.storage.Contexts;
import java.util.List;

/**
 * Makes, deletes and empties contexts. What a cluster would do later is done when it is answered, and all the same the answer is 202:
 * Axon Framework's utilities for tests take no other.
 */
public final class ContextEndpoints {
    private static final int ACCEPTED = 202;
    /** Those utilities wait for it; here it is a context like others. */
    private static final String ADMIN_CONTEXT = "_admin";

    private final Contexts contexts;
    private final CommandRpc commands;
    private final QueryRpc queries;
    private final PlatformRpc platform;
    private final boolean developmentMode;

    public ContextEndpoints(
            Contexts contexts, CommandRpc commands, QueryRpc queries, PlatformRpc platform, boolean developmentMode) {
        this.contexts = contexts;
        this.commands = commands;
        this.queries = queries;
        this.platform = platform;
        this.developmentMode = developmentMode;
    }

    void addTo(Routes routes) {
        routes.add("POST", "/v1/context", this::create);
        routes.add("POST", "/v1/context/init", this::init);
        routes.add("DELETE", "/v1/context/{name}", this::delete);
        routes.add("DELETE", "/v1/devmode/purge-events", this::purge);
    }

    private Response create(Request request) {
        String name = request.requiredText("context");
        request.caller().require(name, Role.ADMIN);
        if (!contexts.create(name)) {
            return Response.problem(409, "Conflict", "there is a context " + name + " already");
        }
        return success(ACCEPTED, "context " + name + " was created");
    }

    /** A cluster would be founded by this; one node only makes sure of the contexts. */
    private Response init(Request request) {
        String wanted = request.parameter("context", "");
        List<String> names = wanted.isEmpty() ? List.of(ADMIN_CONTEXT, ContextHeader.DEFAULT_CONTEXT) : List.of(wanted);
        names.forEach(name -> request.caller().require(name, Role.ADMIN));
        names.forEach(contexts::get);
        return success(ACCEPTED, "there is " + String.join(" and ", names));
    }

    private Response delete(Request request) {
        String name = request.path().get("name");
        request.caller().require(name, Role.ADMIN);
        if (name.equals(ContextHeader.DEFAULT_CONTEXT) && !developmentMode) {
            throw Refusal.invalid("the context default is only deleted in development mode (--devmode)");
        }
        if (!contexts.delete(name)) {
            throw Refusal.notFound("there is no context " + name);
        }
        commands.forget(name);
        queries.forget(name);
        platform.requestReconnect(name);
        return success(ACCEPTED, "context " + name + " was deleted");
    }

    private Response purge(Request request) {
        String name = request.parameter("context", ContextHeader.DEFAULT_CONTEXT);
        request.caller().require(name, Role.ADMIN);
        if (!developmentMode) {
            return Response.problem(403, "Forbidden", "events are only purged in development mode (--devmode)");
        }
        if (!contexts.purge(name)) {
            throw Refusal.notFound("there is no context " + name);
        }
        platform.requestReconnect(name);
        return success(200, "context " + name + " is empty");
    }

    private static Response success(int status, String message) {
        JsonObject body = new JsonObject();
        body.addProperty("success", true);
        body.addProperty("message", message);
        return Response.json(status, body);
    }
}
