package florin.eventstore.http;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import florin.eventstore.NodeConfiguration;
import florin.eventstore.security.Caller;
import florin.eventstore.security.Role;
import florin.eventstore.storage.Contexts;
import io.axoniq.axonserver.grpc.control.NodeInfo;
import java.util.Map;
import java.util.function.Supplier;

/** Health, version, figures, and what the node says of itself. */
public final class InformationEndpoints {
    private static final String EVERYWHERE = "*";

    private final NodeConfiguration configuration;
    private final Contexts contexts;
    private final Supplier<NodeInfo> self;
    private final Metrics metrics;

    public InformationEndpoints(
            NodeConfiguration configuration, Contexts contexts, Supplier<NodeInfo> self, Metrics metrics) {
        this.configuration = configuration;
        this.contexts = contexts;
        this.self = self;
        this.metrics = metrics;
    }

    void addTo(Routes routes) {
        routes.open("GET", "/actuator/health", request -> health());
        routes.open("GET", "/actuator/info", request -> info());
        routes.add("GET", "/actuator/prometheus", request -> {
            request.caller().require(EVERYWHERE, Role.MONITOR, Role.ADMIN);
            return Response.text("text/plain; version=0.0.4; charset=utf-8", metrics.text());
        });
        routes.add("GET", "/v1/public/me", request -> me(request.caller()));
        routes.add("GET", "/v1/public/context", request -> contexts(request.caller()));
    }

    /** Everybody may ask, so with access control it says nothing of folders and contexts. */
    private Response health() {
        Map<String, String> hindrances = contexts.hindrances();
        JsonObject health = new JsonObject();
        health.addProperty("status", hindrances.isEmpty() ? "UP" : "DOWN");
        if (!hindrances.isEmpty() && !configuration.access().control().isOn()) {
            JsonObject reasons = new JsonObject();
            hindrances.forEach(reasons::addProperty);
            health.add("contexts", reasons);
        }
        return Response.json(hindrances.isEmpty() ? 200 : 503, health);
    }

    private static Response info() {
        String version = InformationEndpoints.class.getPackage().getImplementationVersion();
        JsonObject application = new JsonObject();
        application.addProperty("name", "axon-server");
        application.addProperty("version", version == null ? "development" : version);
        JsonObject info = new JsonObject();
        info.add("app", application);
        return Response.json(info);
    }

    private Response me(Caller caller) {
        NodeInfo node = self.get();
        JsonArray names = new JsonArray();
        contexts.names().stream().filter(caller::may).forEach(names::add);
        JsonObject me = new JsonObject();
        me.addProperty("name", node.getNodeName());
        me.addProperty("hostName", node.getHostName());
        me.addProperty("grpcPort", node.getGrpcPort());
        me.addProperty("httpPort", node.getHttpPort());
        me.addProperty("authentication", configuration.access().control().isOn());
        me.addProperty("ssl", configuration.access().tls() != null);
        me.addProperty("clustered", false);
        me.addProperty("adminNode", true);
        me.addProperty("developmentMode", configuration.developmentMode());
        me.add("contextNames", names);
        me.add("storageContextNames", names);
        return Response.json(me);
    }

    private Response contexts(Caller caller) {
        String node = self.get().getNodeName();
        JsonArray all = new JsonArray();
        contexts.names().stream().filter(caller::may).forEach(name -> {
            JsonObject role = new JsonObject();
            role.addProperty("role", "PRIMARY");
            role.addProperty("node", node);
            JsonArray roles = new JsonArray();
            roles.add(role);
            JsonArray nodes = new JsonArray();
            nodes.add(node);
            JsonObject context = new JsonObject();
            context.addProperty("context", name);
            context.addProperty("replicationGroup", name);
            context.add("metaData", new JsonObject());
            context.addProperty("changePending", false);
            context.addProperty("pendingSince", 0);
            context.addProperty("leader", node);
            context.add("nodes", nodes);
            context.add("roles", roles);
            all.add(context);
        });
        return Response.json(all);
    }
}
