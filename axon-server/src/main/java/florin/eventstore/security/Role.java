package florin.eventstore.security;

/** What an application may do in a context; the names are Axon Server's. */
public enum Role {
    ADMIN,
    CONTEXT_ADMIN,
    MONITOR,
    USE_CONTEXT,
    PUBLISH_EVENTS,
    READ_EVENTS,
    DISPATCH_COMMANDS,
    SUBSCRIBE_COMMAND_HANDLER,
    DISPATCH_QUERY,
    SUBSCRIBE_QUERY_HANDLER
}
