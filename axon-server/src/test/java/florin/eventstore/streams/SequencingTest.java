package florin.eventstore.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.axoniq.axonserver.grpc.MetaDataValue;
import io.axoniq.axonserver.grpc.SerializedObject;
import io.axoniq.axonserver.grpc.event.Event;
import io.axoniq.axonserver.grpc.streams.SequencingPolicy;
import java.util.Arrays;
import java.util.Collections;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SequencingTest {
    private static final String JSON =
            "{\"number\": 7, \"order\": {\"id\": \"o-1\", \"a b\": true}, \"lines\": [{\"id\": 1}, {\"id\": \"l-2\"}]}";

    @ParameterizedTest
    @CsvSource({
        "$.number,7",
        "$.order.id,o-1",
        "$['order']['id'],o-1",
        "'$.order[\"a b\"]',true",
        "$.lines[1].id,l-2",
        "$.lines[0],'{\"id\":1}'"
    })
    void aJsonPathNamesTheKey(String path, String key) {
        assertThat(hash(property("JSON", "T", path, "FullConcurrencyPolicy"), event("T", JSON)))
                .isEqualTo(hashOfAggregate(key));
    }

    @ParameterizedTest
    @CsvSource({"//id,o-1", "/order/@number,7", "count(/order/line),2", "/order/line[2]/text(),second"})
    void anXPathNamesTheKey(String path, String key) {
        String xml = "<order number=\"7\"><id>o-1</id><line>first</line><line>second</line></order>";
        assertThat(hash(property("XML", "T", path, "FullConcurrencyPolicy"), event("T", xml)))
                .isEqualTo(hashOfAggregate(key));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[]", "{\"order\": null}", "{\"order\": {}}", "{\"order\": \"id\"}", "<order/>"})
    void anotherPolicyTakesPayloadsWithoutTheProperty(String payload) {
        Sequencing json = property("JSON", "T", "$.order.id", "SequentialPerAggregatePolicy");
        assertThat(hash(json, event("T", payload))).isEqualTo(hashOfAggregate("aggregate"));
        Sequencing xml = property("XML", "T", "//id", "SequentialPerAggregatePolicy");
        assertThat(hash(xml, event("T", payload))).isEqualTo(hashOfAggregate("aggregate"));
    }

    @Test
    void anotherPolicyTakesOtherPayloadTypesAndMayReadAPropertyOfThem() {
        Sequencing sequencing = property(
                "JSON",
                "First",
                "$.id",
                "PropertySequencingPolicy",
                "XML",
                "Second",
                "/second/id",
                "MetaDataSequencingPolicy",
                "tenant");

        int first = hash(sequencing, event("First", "{\"id\": \"x\"}"));
        assertThat(hash(sequencing, event("Second", "<second><id>x</id></second>")))
                .isEqualTo(first)
                .isEqualTo(hashOfAggregate("x"));
        Event third = event("Third", "{\"id\": \"x\"}");
        assertThat(hash(sequencing, third)).isNotEqualTo(first);
        assertThat(hash(sequencing, withTenant(third, "a")))
                .isEqualTo(hash(sequencing, withTenant(event("Third", ""), "a")));
        assertThat(hash(sequencing, withTenant(third, "a"))).isNotEqualTo(hash(sequencing, withTenant(third, "b")));
    }

    @Test
    void aDocumentThatDeclaresEntitiesIsNotRead() {
        String bomb = "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/hostname\">]><a><id>&x;</id></a>";
        assertThat(hash(property("XML", "T", "//id", "SequentialPerAggregatePolicy"), event("T", bomb)))
                .isEqualTo(hashOfAggregate("aggregate"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "$",
                "order.id",
                "$..id",
                "$.lines[*].id",
                "$.lines[?(@.id)]",
                "$.lines[-1]",
                "$.id.",
                "$.a b"
            })
    void aJsonPathThatMayNameManyValuesIsRefused(String path) {
        assertThatThrownBy(() -> property("JSON", "T", path, "SequentialPolicy"))
                .hasMessageContaining("names and indexes from the root");
    }

    @Test
    void parametersThatMakeNoPolicyAreRefused() {
        assertThatThrownBy(() -> property("JSON", "T", "$.id")).hasMessageContaining("needs JSON or XML");
        assertThatThrownBy(() -> property("CBOR", "T", "$.id", "SequentialPolicy"))
                .hasMessageContaining("JSON or XML, not CBOR");
        assertThatThrownBy(() -> property("XML", "T", "//[", "SequentialPolicy"))
                .hasMessageContaining("//[ is not an XPath 1.0 expression");
        assertThatThrownBy(() -> property("JSON", "T", "$.id", "NoSuchPolicy"))
                .hasMessageContaining("unknown sequencing policy NoSuchPolicy");
        assertThatThrownBy(() -> property("JSON", "T", "$.id", "PropertySequencingPolicy"))
                .hasMessageContaining("needs JSON or XML");
        assertThatThrownBy(() -> property(Collections.nCopies(401, "JSON").toArray(String[]::new)))
                .hasMessageContaining("100 payload types at most");
    }

    private static Sequencing property(String... parameters) {
        return policy("PropertySequencingPolicy", parameters);
    }

    private static Sequencing policy(String name, String... parameters) {
        return Sequencing.of(SequencingPolicy.newBuilder()
                .setPolicyName(name)
                .addAllParameter(Arrays.asList(parameters))
                .build());
    }

    private static int hash(Sequencing sequencing, Event event) {
        return sequencing.hash(event);
    }

    private static int hashOfAggregate(String identifier) {
        Event event = Event.newBuilder().setAggregateIdentifier(identifier).build();
        return policy("SequentialPerAggregatePolicy").hash(event);
    }

    private static Event withTenant(Event event, String tenant) {
        return event.toBuilder()
                .putMetaData(
                        "tenant",
                        MetaDataValue.newBuilder().setTextValue(tenant).build())
                .build();
    }

    private static Event event(String type, String payload) {
        return Event.newBuilder()
                .setMessageIdentifier(UUID.randomUUID().toString())
                .setAggregateIdentifier("aggregate")
                .setPayload(SerializedObject.newBuilder().setType(type).setData(ByteString.copyFromUtf8(payload)))
                .build();
    }
}
