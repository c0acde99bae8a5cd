package florin.eventstore.security;

import florin.eventstore.protocol.Refusal;
import florin.eventstore.protocol.Sha256;
import io.axoniq.axonserver.connector.ErrorCategory;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The applications that may call, each known by its token. Only digests are kept; all are compared, in constant time. */
public final class AccessControl {
    /** The header that carries the token, in gRPC and HTTP. */
    public static final String HEADER = "AxonIQ-Access-Token";

    private static final int MIN_TOKEN_LENGTH = 16;
    private static final int MAX_TOKEN_LENGTH = 4096;
    private static final AccessControl OFF = new AccessControl(null);

    private static final class Known {
        private final byte[] digest;
        private final Caller caller;

        Known(String token, Caller caller) {
            digest = digest(token);
            this.caller = caller;
        }
    }

    private final List<Known> known;

    private AccessControl(List<Known> known) {
        this.known = known;
    }

    /** Everybody may do everything. */
    public static AccessControl off() {
        return OFF;
    }

    /**
     * Reads the settings {@code application.NAME.token} and {@code application.NAME.roles}, the latter a list of {@code
     * ROLE@CONTEXT}.
     *
     * @throws IllegalArgumentException if they cannot be meant so
     */
    public static AccessControl of(Map<String, String> settings) {
        Map<String, String> tokens = new TreeMap<>();
        Map<String, String> roles = new HashMap<>();
        settings.forEach((key, value) -> {
            int end = key.lastIndexOf('.');
            String name = end > "application.".length() ? key.substring("application.".length(), end) : "";
            if (name.isEmpty() || !(key.endsWith(".token") || key.endsWith(".roles"))) {
                throw new IllegalArgumentException("unknown setting " + key);
            }
            (key.endsWith(".token") ? tokens : roles).put(name, value);
        });
        if (tokens.isEmpty()) {
            throw new IllegalArgumentException(
                    "access control needs an application: set application.NAME.token and application.NAME.roles");
        }
        if (!tokens.keySet().equals(roles.keySet())) {
            throw new IllegalArgumentException("each application needs both a token and roles");
        }
        List<Known> known = new ArrayList<>();
        Map<String, String> owners = new HashMap<>();
        tokens.forEach((name, token) -> {
            String other = owners.put(token, name);
            if (other != null) {
                throw new IllegalArgumentException("the applications " + other + " and " + name
                        + " have the same token, so nobody could tell them apart; give each its own");
            }
            if (token.length() < MIN_TOKEN_LENGTH || token.length() > MAX_TOKEN_LENGTH) {
                throw new IllegalArgumentException("the token of application " + name + " must have " + MIN_TOKEN_LENGTH
                        + " to " + MAX_TOKEN_LENGTH + " characters");
            }
            known.add(new Known(token, new Caller(name, parseRoles(name, roles.get(name)))));
        });
        return new AccessControl(known);
    }

    private static Map<String, Set<Role>> parseRoles(String application, String text) {
        Map<String, Set<Role>> roles = new HashMap<>();
        for (String entry : text.split(",", -1)) {
            String[] parts = entry.strip().split("@", 2);
            if (parts.length != 2 || parts[1].isEmpty()) {
                throw new IllegalArgumentException(
                        "roles of application " + application + " look like USE_CONTEXT@default, not " + entry.strip());
            }
            try {
                roles.computeIfAbsent(parts[1], context -> EnumSet.noneOf(Role.class))
                        .add(Role.valueOf(parts[0]));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(
                        "unknown role " + parts[0] + "; there are " + EnumSet.allOf(Role.class), e);
            }
        }
        return roles;
    }

    public boolean isOn() {
        return known != null;
    }

    /** Finds who a token belongs to; null means that none came. */
    public Caller authenticate(String token) {
        if (!isOn()) {
            return Caller.ANYBODY;
        }
        if (token == null) {
            throw Refusal.unauthenticated(
                    ErrorCategory.AUTHENTICATION_TOKEN_MISSING, "a token is needed in the header " + HEADER);
        }
        byte[] digest = digest(token.substring(0, Math.min(token.length(), MAX_TOKEN_LENGTH + 1)));
        Caller caller = null;
        for (Known candidate : known) {
            if (MessageDigest.isEqual(candidate.digest, digest)) {
                caller = candidate.caller;
            }
        }
        if (caller == null) {
            throw Refusal.unauthenticated(ErrorCategory.AUTHENTICATION_INVALID_TOKEN, "nobody has this token");
        }
        return caller;
    }

    private static byte[] digest(String token) {
        return Sha256.digest().digest(token.getBytes(StandardCharsets.UTF_8));
    }
}
