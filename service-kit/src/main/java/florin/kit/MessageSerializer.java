package florin.kit;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.axonframework.serialization.SerializationException;
import org.axonframework.serialization.SerializedType;
import org.axonframework.serialization.UnknownSerializedType;
import org.axonframework.serialization.jackson3.Jackson3Serializer;

/**
 * Axon's, which asks the class loader for each message's class; this one remembers what it was given.
 *
 * <p>Axon passes over an event whose class it does not find. One of ours that is not known here comes from a later version, and
 * what it says about money would be missing without a word: it is a fault, until this process is upgraded too.
 */
final class MessageSerializer extends Jackson3Serializer {

    /** By name; no more than there are classes here, because a name without a class is not kept. */
    private final Map<String, Class<?>> classes = new ConcurrentHashMap<>();

    MessageSerializer(Builder builder) {
        super(builder);
    }

    @Override
    public Class<?> classForType(SerializedType type) {
        String name = type.getName();
        Class<?> known = classes.get(name);
        if (known != null) {
            return known;
        }
        Class<?> found = super.classForType(type);
        if (found != UnknownSerializedType.class) {
            classes.put(name, found);
        } else if (name.startsWith("florin.")) {
            throw new SerializationException("This version does not know " + name + "; a later one does");
        }
        return found;
    }
}
