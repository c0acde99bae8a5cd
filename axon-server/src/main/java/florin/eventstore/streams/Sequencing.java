package florin.eventstore.streams;

import com.google.protobuf.ByteString;
import florin.eventstore.protocol.Refusal;
import io.axoniq.axonserver.grpc.MetaDataValue;
import io.axoniq.axonserver.grpc.SerializedObject;
import io.axoniq.axonserver.grpc.event.Event;
import io.axoniq.axonserver.grpc.streams.SequencingPolicy;
import java.util.List;
import java.util.function.Function;

/** Which events must stay in order: those with the same key go to the same segment. */
final class Sequencing {
    private static final int PROPERTY_PARAMETERS = 4;
    private static final int MAX_PROPERTIES = 100;
    private static final String ESCAPED = "\u0007\b\f\n\r\t\u000b\\'\"";
    private static final String ESCAPES = "abfnrtv\\'\"";

    private final Function<Event, String> key;

    private Sequencing(Function<Event, String> key) {
        this.key = key;
    }

    /**
     * A stream's policy.
     *
     * @param areBounded whether {@link PayloadProperty}'s bounds hold for the stream
     */
    static Sequencing of(SequencingPolicy policy, boolean areBounded) {
        return new Sequencing(key(policy.getPolicyName(), policy.getParameterList(), areBounded));
    }

    /** The names are those of Axon Framework's own policies. */
    private static Function<Event, String> key(String policy, List<String> parameters, boolean areBounded) {
        return switch (policy) {
            case "", "SequentialPolicy" -> event -> "";
            case "SequentialPerAggregatePolicy" ->
                event -> event.getAggregateIdentifier().isEmpty()
                        ? event.getMessageIdentifier()
                        : event.getAggregateIdentifier();
            case "FullConcurrencyPolicy" -> Event::getMessageIdentifier;
            case "MetaDataSequencingPolicy" -> {
                if (parameters.isEmpty()) {
                    throw Refusal.invalid("MetaDataSequencingPolicy needs the name of a metadata entry");
                }
                yield event -> metaData(event, parameters);
            }
            case "PropertySequencingPolicy" -> property(parameters, areBounded);
            default -> throw Refusal.invalid("unknown sequencing policy " + policy);
        };
    }

    private static String metaData(Event event, List<String> names) {
        StringBuilder values = new StringBuilder();
        for (String name : names) {
            MetaDataValue value = event.getMetaDataMap().get(name);
            values.append(value == null ? "" : text(value)).append('\0');
        }
        return values.toString();
    }

    /**
     * The text of a value never changes, for the positions of segments rely on it: it is what protobuf itself wrote of a message
     * when streams were first kept, which protobuf does not promise to go on doing.
     */
    static String text(MetaDataValue value) {
        return switch (value.getDataCase()) {
            case TEXT_VALUE -> "text_value: " + quoted(value.getTextValueBytes()) + '\n';
            case NUMBER_VALUE -> "number_value: " + value.getNumberValue() + '\n';
            case BOOLEAN_VALUE -> "boolean_value: " + value.getBooleanValue() + '\n';
            case DOUBLE_VALUE -> "double_value: " + value.getDoubleValue() + '\n';
            case BYTES_VALUE -> {
                SerializedObject object = value.getBytesValue();
                yield "bytes_value {\n" + line("type", object.getTypeBytes())
                        + line("revision", object.getRevisionBytes()) + line("data", object.getData()) + "}\n";
            }
            case DATA_NOT_SET -> "";
        };
    }

    private static String line(String name, ByteString value) {
        return value.isEmpty() ? "" : "  " + name + ": " + quoted(value) + '\n';
    }

    /** Bytes that are no visible ASCII are escaped, as in C: by a letter where there is one, otherwise by three octal digits. */
    private static String quoted(ByteString bytes) {
        StringBuilder text = new StringBuilder(bytes.size() + 2).append('"');
        for (int i = 0; i < bytes.size(); i++) {
            int value = Byte.toUnsignedInt(bytes.byteAt(i));
            int escape = ESCAPED.indexOf(value);
            if (escape >= 0) {
                text.append('\\').append(ESCAPES.charAt(escape));
            } else if (value >= ' ' && value <= '~') {
                text.append((char) value);
            } else {
                text.append('\\')
                        .append((char) ('0' + (value >> 6)))
                        .append((char) ('0' + (value >> 3 & 7)))
                        .append((char) ('0' + (value & 7)));
            }
        }
        return text.append('"').toString();
    }

    /** The key is the bare value, so that a value found in two types, or also the aggregate's identifier, is one key. */
    private static Function<Event, String> property(List<String> parameters, boolean areBounded) {
        if (parameters.size() < PROPERTY_PARAMETERS) {
            throw Refusal.invalid("PropertySequencingPolicy needs JSON or XML, a payload type, an expression and the"
                    + " policy for other payload types, and then that policy's parameters");
        }
        if (parameters.size() > PROPERTY_PARAMETERS * MAX_PROPERTIES) {
            throw Refusal.invalid("PropertySequencingPolicy reads " + MAX_PROPERTIES + " payload types at most");
        }
        PayloadProperty property = PayloadProperty.of(parameters.get(0), parameters.get(2), areBounded);
        String type = parameters.get(1);
        Function<Event, String> otherwise =
                key(parameters.get(3), parameters.subList(PROPERTY_PARAMETERS, parameters.size()), areBounded);
        return event -> {
            SerializedObject payload = event.getPayload();
            String value = payload.getType().equals(type) ? property.of(payload.getData()) : null;
            return value == null ? otherwise.apply(event) : value;
        };
    }

    /** Of one event the same always: the positions of segments rely on it. */
    int hash(Event event) {
        return mix(key.apply(event).hashCode());
    }

    static int segment(int hash, int segments) {
        return Math.floorMod(hash, segments);
    }

    /** Spreads the bits, for hash codes of similar texts have similar low bits. */
    private static int mix(int hash) {
        int mixed = (hash ^ (hash >>> 16)) * 0x85ebca6b;
        mixed = (mixed ^ (mixed >>> 13)) * 0xc2b2ae35;
        return mixed ^ (mixed >>> 16);
    }
}
