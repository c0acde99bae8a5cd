package florin.eventstore.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import com.google.protobuf.ByteString;
import florin.eventstore.protocol.Refusal;
import io.axoniq.axonserver.grpc.SerializedObject;
import io.axoniq.axonserver.grpc.event.Event;
import io.axoniq.axonserver.grpc.event.EventWithToken;
import io.grpc.Status;
import java.time.Duration;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventFilterTest {
    private static final EventWithToken EVENT = EventWithToken.newBuilder()
            .setToken(42)
            .setEvent(Event.newBuilder()
                    .setAggregateIdentifier("1234")
                    .setAggregateSequenceNumber(7)
                    .setAggregateType("Account")
                    .setTimestamp(1_700_000_000_000L)
                    .setPayload(SerializedObject.newBuilder()
                            .setType("bank.Credited")
                            .setRevision("2")
                            .setData(ByteString.copyFromUtf8("{\"by\": \"Smith \\ \"}"))))
            .build();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "token = 42                                             | true",
                "token != 42                                            | false",
                "token <> 41                                            | true",
                "token > 5                                              | true",
                "token > \"5\"                                          | false",
                "token<=42                                              | true",
                "token >= 43                                            | false",
                "token < 43                                             | true",
                "-1 < token                                             | true",
                "aggregateIdentifier = \"1234\"                         | true",
                "aggregateIdentifier = 1234                             | true",
                "aggregateIdentifier = \"01234\"                        | false",
                "aggregateSequenceNumber = 7                            | true",
                "aggregateType = \"account\"                            | false",
                "payloadType = aggregateType                            | false",
                "payloadType in [\"bank.Debited\", \"bank.Credited\"]   | true",
                "payloadType in [\"bank.Debited\"]                      | false",
                "token in [1, 42]                                       | true",
                "payloadRevision = \"2\"                                | true",
                "timestamp > 1699999999999                              | true",
                "payloadData contains \"Smith\"                         | true",
                "contains(payloadData, \"Smith\")                       | true",
                "payloadType contains \"Smith\"                         | false",
                "payloadData contains \"\\\\ \\\"\"                     | true",
                "not token = 42                                         | false",
                "not not token = 42                                     | true",
                "token = 1 or token = 42 and aggregateType = \"Account\"| true",
                "(token = 42 or token = 1) and aggregateType = \"x\"    | false",
                "token = 42 or token = 1 and aggregateType = \"x\"      | true",
                "not (token = 1 or token = 2)                           | true",
            })
    void comparesFieldsOfAnEvent(String filter, boolean accepted) {
        assertThat(EventFilter.parse(filter, true).test(EVENT)).isEqualTo(accepted);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "token",
                "token =",
                "token = 42 token = 43",
                "token = 4.5",
                "token = 42x",
                "(token = 42",
                "metaData = \"x\"",
                "token = 42 | count()",
                "token + 1 = 43",
                "last 2 minutes",
                "payloadType match \"bank.*\"",
                "jsonpath(payloadData, \"$.by\") = \"Smith\"",
                "payloadType in []",
                "payloadType in \"bank.Credited\"",
                "payloadType = 'bank.Credited'",
                "payloadType = \"bank.Credited",
                "token = 42 AND token = 42",
                "token = 99999999999999999999",
                "\u0000"
            })
    void refusesEverythingElseAndSaysWhatItReads(String filter) {
        assertThatThrownBy(() -> EventFilter.parse(filter, true))
                .isInstanceOfSatisfying(
                        Refusal.class, refusal -> assertThat(refusal.status()).isEqualTo(Status.Code.INVALID_ARGUMENT))
                .hasMessageContaining("cannot be read from character")
                .hasMessageContaining("a filter compares token, aggregateIdentifier");
    }

    @Test
    void blankAcceptsEverything() {
        assertThat(EventFilter.parse("", true).test(EVENT)).isTrue();
        assertThat(EventFilter.parse(" \n", true).test(EVENT)).isTrue();
    }

    @Test
    void whatIsLongIsReadAndWhatIsDeepIsRefused() {
        assertThat(EventFilter.parse("token = 1 or ".repeat(1200) + "token = 42", true)
                        .test(EVENT))
                .isTrue();
        assertThat(EventFilter.parse("payloadType = \"" + "\\x".repeat(8000) + "\"", true)
                        .test(EVENT))
                .isFalse();
        assertThatThrownBy(() -> EventFilter.parse("(".repeat(8000), true))
                .hasMessageContaining("nested 100 times at most");
        assertThatThrownBy(() -> EventFilter.parse("not ".repeat(4000), true))
                .hasMessageContaining("nested 100 times at most");
    }

    @Test
    void aLargePayloadHasNoTextUnlessTheStreamIsOfBefore() {
        String filter = "payloadData contains \"Smith\"";
        String largest = "Smith" + " ".repeat((256 << 10) - 5);
        assertThat(EventFilter.parse(filter, true).test(withPayload(largest))).isTrue();
        assertThat(EventFilter.parse(filter, true).test(withPayload(largest + " ")))
                .isFalse();
        assertThat(EventFilter.parse("payloadType = \"bank.Credited\" and payloadData = \"\"", true)
                        .test(withPayload(largest + " ")))
                .isTrue();
        assertThat(EventFilter.parse(filter, false).test(withPayload(largest + " ")))
                .isTrue();
    }

    /** For each of them it would take a minute. */
    @Test
    void aPayloadIsMadeATextOnceForAllTerms() {
        String filter = "payloadData = \"(\" or ".repeat(600) + "payloadData = 1";
        EventWithToken large = withPayload("\u00e9".repeat(128 << 10));
        Predicate<EventWithToken> parsed = EventFilter.parse(filter, true);

        assertTimeout(Duration.ofSeconds(10), () -> {
            for (int i = 0; i < 100; i++) {
                assertThat(parsed.test(large)).isFalse();
            }
        });
    }

    private static EventWithToken withPayload(String text) {
        EventWithToken.Builder event = EVENT.toBuilder();
        event.getEventBuilder().getPayloadBuilder().setData(ByteString.copyFromUtf8(text));
        return event.build();
    }
}
