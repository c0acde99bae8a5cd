package florin.eventstore.security;

import florin.eventstore.protocol.Refusal;
import io.grpc.Context;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/**
 * Who makes a call, and what it may do.
 *
 * @param roles by context; {@code *} stands for all contexts
 */
public record Caller(String application, Map<String, Set<Role>> roles) {
    static final String ALL_CONTEXTS = "*";

    /** Everybody, where there is no access control. */
    static final Caller ANYBODY = new Caller("anybody", Map.of(ALL_CONTEXTS, EnumSet.allOf(Role.class)));

    static final Context.Key<Caller> KEY = Context.keyWithDefault("caller", ANYBODY);

    /** The caller of the gRPC call that runs on this thread. */
    public static Caller current() {
        return KEY.get();
    }

    /** Whether the caller has one of the roles in the context; any role at all if none is named. */
    public boolean may(String context, Role... anyOf) {
        return has(context, anyOf) || has(ALL_CONTEXTS, anyOf);
    }

    private boolean has(String context, Role... anyOf) {
        Set<Role> granted = roles.getOrDefault(context, Set.of());
        return anyOf.length == 0 ? !granted.isEmpty() : Arrays.stream(anyOf).anyMatch(granted::contains);
    }

    public void require(String context, Role... anyOf) {
        if (!may(context, anyOf)) {
            throw Refusal.forbidden("application " + application + " has no role for this in context " + context
                    + (anyOf.length == 0 ? "" : "; one of these is needed: " + Arrays.toString(anyOf)));
        }
    }
}
