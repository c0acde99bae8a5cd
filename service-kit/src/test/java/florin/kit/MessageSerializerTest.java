package florin.kit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import foreign.ForeignToken;
import org.axonframework.eventhandling.GlobalSequenceTrackingToken;
import org.axonframework.eventhandling.ReplayToken;
import org.axonframework.eventhandling.TrackingToken;
import org.axonframework.serialization.AnnotationRevisionResolver;
import org.axonframework.serialization.SerializationException;
import org.axonframework.serialization.Serializer;
import org.axonframework.serialization.SimpleSerializedObject;
import org.junit.jupiter.api.Test;

/** A token of a replay is the one thing stored that names the classes inside it. */
class MessageSerializerTest {

    private final Serializer serializer = new KitAutoConfiguration().serializer(new AnnotationRevisionResolver());
    private final TrackingToken token =
            ReplayToken.createReplayToken(new GlobalSequenceTrackingToken(7), new GlobalSequenceTrackingToken(3));
    private final String stored = serializer.serialize(token, String.class).getData();

    @Test
    void a_token_of_axon_is_read_back() {
        assertThat(stored).contains(GlobalSequenceTrackingToken.class.getName());
        assertThat(read(stored)).isEqualTo(token);
    }

    @Test
    void a_class_that_is_neither_axons_nor_ours_is_not_made_whatever_is_stored() {
        String foreign = stored.replace(GlobalSequenceTrackingToken.class.getName(), ForeignToken.class.getName());

        assertThatThrownBy(() -> read(foreign))
                .isInstanceOf(SerializationException.class)
                .hasStackTraceContaining(ForeignToken.class.getName());
        assertThat(ForeignToken.MADE).hasValue(0);
    }

    private Object read(String text) {
        return serializer.deserialize(
                new SimpleSerializedObject<>(text, String.class, ReplayToken.class.getName(), null));
    }
}
