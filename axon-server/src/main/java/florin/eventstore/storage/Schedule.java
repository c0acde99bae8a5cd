package florin.eventstore.storage;

import io.axoniq.axonserver.grpc.event.Event;

/**
 * An event to publish later.
 *
 * @param instant when, in milliseconds since the epoch
 */
public record Schedule(String token, long instant, Event event) {}
