package florin.eventstore.http;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** Which endpoint answers which method and path. */
final class Routes {
    /** A path is given in parts; those in braces are open. */
    record Route(
            String method,
            List<String> parts,
            boolean isPublic,
            Function<Request, CompletableFuture<Response>> endpoint) {
        /** The open parts by their names, null if the path is another one. */
        Map<String, String> match(List<String> path) {
            if (path.size() != parts.size()) {
                return null;
            }
            Map<String, String> open = new HashMap<>();
            for (int i = 0; i < parts.size(); i++) {
                String part = parts.get(i);
                if (part.startsWith("{")) {
                    open.put(part.substring(1, part.length() - 1), path.get(i));
                } else if (!part.equals(path.get(i))) {
                    return null;
                }
            }
            return open;
        }
    }

    private final List<Route> routes = new ArrayList<>();

    /** Answers at once, to everybody, whatever the access control says. */
    void open(String method, String path, Function<Request, Response> endpoint) {
        add(method, path, true, request -> CompletableFuture.completedFuture(endpoint.apply(request)));
    }

    void add(String method, String path, Function<Request, Response> endpoint) {
        add(method, path, false, request -> CompletableFuture.completedFuture(endpoint.apply(request)));
    }

    void addAsync(String method, String path, Function<Request, CompletableFuture<Response>> endpoint) {
        add(method, path, false, endpoint);
    }

    private void add(
            String method, String path, boolean isPublic, Function<Request, CompletableFuture<Response>> endpoint) {
        routes.add(new Route(method, List.of(path.substring(1).split("/", -1)), isPublic, endpoint));
    }

    List<Route> matching(List<String> path) {
        return routes.stream().filter(route -> route.match(path) != null).toList();
    }
}
