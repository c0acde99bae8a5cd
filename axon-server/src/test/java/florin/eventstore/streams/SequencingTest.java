package florin.eventstore.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.axoniq.axonserver.grpc.MetaDataValue;
import io.axoniq.axonserver.grpc.SerializedObject;
import io.axoniq.axonserver.grpc.event.Event;
import io.axoniq.axonserver.grpc.streams.InitializationProperties;
import io.axoniq.axonserver.grpc.streams.SequencingPolicy;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
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
    @CsvSource({
        "//id,o-1",
        "order/id,o-1",
        "/order/@number,7",
        "//@number,7",
        "count(/order/line),2",
        "/order/line[2]/text(),second",
        "/*/line[@type='late'],second",
        "'/order/line[@type=\"late\"][1]/@type',late"
    })
    void anXPathNamesTheKey(String path, String key) {
        String xml = "<order number=\"7\"><id>o-1</id><line>first</line><line type='late'>second</line></order>";
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

    /** Whatever protobuf's own text of a message becomes, streams that are on disk go on where they were. */
    @Test
    void theTextOfMetaDataNeverChanges() {
        assertThat(Sequencing.text(MetaDataValue.getDefaultInstance())).isEmpty();
        assertThat(text(value -> value.setTextValue(""))).isEqualTo("text_value: \"\"\n");
        assertThat(text(value -> value.setTextValue("a \"b'c\\d\n\t\r\f\b\u0007\u000b\u0001é€😀~\u007f/?")))
                .isEqualTo("text_value: \"a \\\"b\\'c\\\\d\\n\\t\\r\\f\\b\\a\\v\\001"
                        + "\\303\\251\\342\\202\\254\\360\\237\\230\\200~\\177/?\"\n");
        assertThat(text(value -> value.setNumberValue(0))).isEqualTo("number_value: 0\n");
        assertThat(text(value -> value.setNumberValue(Long.MIN_VALUE)))
                .isEqualTo("number_value: -9223372036854775808\n");
        assertThat(text(value -> value.setBooleanValue(true))).isEqualTo("boolean_value: true\n");
        assertThat(text(value -> value.setBooleanValue(false))).isEqualTo("boolean_value: false\n");
        assertThat(text(value -> value.setDoubleValue(1.5e300))).isEqualTo("double_value: 1.5E300\n");
        assertThat(text(value -> value.setDoubleValue(-0.0))).isEqualTo("double_value: -0.0\n");
        assertThat(text(value -> value.setDoubleValue(Double.NaN))).isEqualTo("double_value: NaN\n");
        assertThat(text(value -> value.setDoubleValue(Double.NEGATIVE_INFINITY)))
                .isEqualTo("double_value: -Infinity\n");
        assertThat(text(value -> value.setBytesValue(SerializedObject.getDefaultInstance())))
                .isEqualTo("bytes_value {\n}\n");
        assertThat(text(value -> value.setBytesValue(SerializedObject.newBuilder()
                        .setType("t\"")
                        .setRevision("1")
                        .setData(ByteString.copyFrom(new byte[] {0, 1, '"', (byte) 200, 'A'})))))
                .isEqualTo(
                        """
                        bytes_value {
                          type: "t\\""
                          revision: "1"
                          data: "\\000\\001\\"\\310A"
                        }
                        """);
    }

    @Test
    void theSegmentOfAnEventNeverChanges() {
        Event event = withTenant(event("T", ""), "Zoë & Co");
        assertThat(hash(policy("MetaDataSequencingPolicy", "tenant", "none"), event))
                .isEqualTo(2_107_219_947);
    }

    private static String text(UnaryOperator<MetaDataValue.Builder> setting) {
        return Sequencing.text(setting.apply(MetaDataValue.newBuilder()).build());
    }

    @Test
    void aDocumentThatDeclaresEntitiesIsNotRead() {
        String bomb = "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/hostname\">]><a><id>&x;</id></a>";
        assertThat(hash(property("XML", "T", "//id", "SequentialPerAggregatePolicy"), event("T", bomb)))
                .isEqualTo(hashOfAggregate("aggregate"));
    }

    @Test
    void aDocumentThatIsTooDeepIsNotRead() {
        String deep = "<a>".repeat(100_000) + "id" + "</a>".repeat(100_000);
        assertThat(hash(property("XML", "T", "/a", "SequentialPerAggregatePolicy"), event("T", deep)))
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

    /** Each would take a thread for minutes or more, of a document that is not even large. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "count(//*[count(//*)>0])",
                "count(//*/following::*)",
                "count(//*/..//*)",
                "//*//*//*",
                "//a[b[c]]",
                "/r/a = /r/a/@x",
                "//*[. = //*]",
                "/order[id='x']",
                "/order/line[last()]",
                "/order/",
                "//["
            })
    void anXPathWhoseTimeMayGrowFasterThanTheDocumentIsRefused(String path) {
        assertThatThrownBy(() -> property("XML", "T", path, "SequentialPolicy"))
                .hasMessageContaining("is not one that this server reads: names from the root");
    }

    @Test
    void anExpressionThatIsTooLongIsRefused() {
        String longest = "/a" + "b".repeat(998);
        assertThat(property("XML", "T", longest, "SequentialPolicy")).isNotNull();
        assertThatThrownBy(() -> property("XML", "T", longest + "b", "SequentialPolicy"))
                .hasMessageContaining("1000 characters at most");
        assertThatThrownBy(() -> property("JSON", "T", "$." + longest.substring(1), "SequentialPolicy"))
                .hasMessageContaining("1000 characters at most");
    }

    @Test
    void aDocumentThatIsTooLargeIsNotRead() {
        Sequencing sequencing = property("XML", "T", "//id", "SequentialPerAggregatePolicy");
        String largest = "<a><id>x</id>" + " ".repeat((256 << 10) - 17) + "</a>";
        assertThat(hash(sequencing, event("T", largest))).isEqualTo(hashOfAggregate("x"));
        assertThat(hash(sequencing, event("T", largest + " "))).isEqualTo(hashOfAggregate("aggregate"));
    }

    @Test
    void aStreamOfBeforeThereWereBoundsGoesOnWithoutThem() throws IOException {
        SequencingPolicy policy =
                definition("PropertySequencingPolicy", "XML", "T", "/a[b]/id", "SequentialPerAggregatePolicy");
        String large = "<a><b/><id>x</id>" + " ".repeat(256 << 10) + "</a>";
        assertThat(hash(Sequencing.of(policy, false), event("T", large))).isEqualTo(hashOfAggregate("x"));

        byte[] kept = kept(1, policy);
        assertThat(StreamState.parse("stream", kept).toBytes()).isEqualTo(kept);
        assertThatThrownBy(() -> StreamState.parse("stream", kept(2, policy)))
                .hasMessageContaining("is not one that this server reads");
    }

    /** As StreamState describes it: one segment, at the beginning. */
    private static byte[] kept(int version, SequencingPolicy policy) throws IOException {
        byte[] definition = InitializationProperties.newBuilder()
                .setSequencingPolicy(policy)
                .setSegments(1)
                .build()
                .toByteArray();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream output = new DataOutputStream(bytes);
        output.writeByte(version);
        output.writeInt(definition.length);
        output.write(definition);
        output.writeLong(-1);
        output.writeInt(1);
        output.writeInt(1);
        output.writeLong(-1);
        return bytes.toByteArray();
    }

    /** Whoever has a lock on the property holds up nobody. */
    @Test
    void documentsAreReadSideBySide() throws Exception {
        PayloadProperty property = PayloadProperty.of("XML", "//id", true);
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<String>> found = new ArrayList<>();
            synchronized (property) {
                for (int i = 0; i < 400; i++) {
                    ByteString document = ByteString.copyFromUtf8("<a>" + "<b/>".repeat(i) + "<id>" + i + "</id></a>");
                    found.add(threads.submit(() -> property.of(document)));
                }
                for (int i = 0; i < 400; i++) {
                    assertThat(found.get(i).get(30, TimeUnit.SECONDS)).isEqualTo(String.valueOf(i));
                }
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void parametersThatMakeNoPolicyAreRefused() {
        assertThatThrownBy(() -> property("JSON", "T", "$.id")).hasMessageContaining("needs JSON or XML");
        assertThatThrownBy(() -> property("CBOR", "T", "$.id", "SequentialPolicy"))
                .hasMessageContaining("JSON or XML, not CBOR");
        assertThatThrownBy(() -> property("XML", "T", "/a".repeat(200), "SequentialPolicy"))
                .hasMessageContaining("is not an XPath 1.0 expression");
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
        return Sequencing.of(definition(name, parameters), true);
    }

    private static SequencingPolicy definition(String name, String... parameters) {
        return SequencingPolicy.newBuilder()
                .setPolicyName(name)
                .addAllParameter(Arrays.asList(parameters))
                .build();
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
