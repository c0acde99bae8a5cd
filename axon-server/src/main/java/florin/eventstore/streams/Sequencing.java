package florin.eventstore.streams;

import florin.eventstore.protocol.Refusal;
import io.axoniq.axonserver.grpc.MetaDataValue;
import io.axoniq.axonserver.grpc.event.Event;
import io.axoniq.axonserver.grpc.streams.SequencingPolicy;
import java.util.List;
import java.util.function.Function;

/** Which events must stay in order: those with the same key go to the same segment. */
final class Sequencing {
    private final Function<Event, String> key;

    private Sequencing(Function<Event, String> key) {
        this.key = key;
    }

    /** The names are those of Axon Framework's own policies. */
    static Sequencing of(SequencingPolicy policy) {
        List<String> parameters = policy.getParameterList();
        return switch (policy.getPolicyName()) {
            case "", "SequentialPolicy" -> new Sequencing(event -> "");
            case "SequentialPerAggregatePolicy" ->
                new Sequencing(event -> event.getAggregateIdentifier().isEmpty()
                        ? event.getMessageIdentifier()
                        : event.getAggregateIdentifier());
            case "FullConcurrencyPolicy" -> new Sequencing(Event::getMessageIdentifier);
            case "MetaDataSequencingPolicy" -> {
                if (parameters.isEmpty()) {
                    throw Refusal.invalid("MetaDataSequencingPolicy needs the name of a metadata entry");
                }
                yield new Sequencing(event -> metaData(event, parameters));
            }
            case "PropertySequencingPolicy" ->
                throw Refusal.unimplemented(
                        "PropertySequencingPolicy is not here: this server does not look into payloads");
            default -> throw Refusal.invalid("unknown sequencing policy " + policy.getPolicyName());
        };
    }

    private static String metaData(Event event, List<String> names) {
        StringBuilder values = new StringBuilder();
        for (String name : names) {
            MetaDataValue value = event.getMetaDataMap().get(name);
            values.append(value == null ? "" : value.toString()).append('\0');
        }
        return values.toString();
    }

    int segment(Event event, int segments) {
        return Math.floorMod(mix(key.apply(event).hashCode()), segments);
    }

    /** Spreads the bits, for hash codes of similar texts have similar low bits. Must never change: positions rely on it. */
    private static int mix(int hash) {
        int mixed = (hash ^ (hash >>> 16)) * 0x85ebca6b;
        mixed = (mixed ^ (mixed >>> 13)) * 0xc2b2ae35;
        return mixed ^ (mixed >>> 16);
    }
}
