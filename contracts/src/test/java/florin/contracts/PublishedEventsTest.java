package florin.contracts;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import florin.account.api.AccountEvent;
import florin.transfer.api.TransferEvent;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.RecordComponent;
import java.util.stream.Stream;
import org.axonframework.serialization.Revision;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Events are for ever: every published revision has a golden file that today's code reads and writes. */
class PublishedEventsTest {

    private final JsonMapper json = JsonMapper.builder()
            .changeDefaultVisibility(visibility -> visibility
                    .withFieldVisibility(Visibility.ANY)
                    .withGetterVisibility(Visibility.NONE)
                    .withIsGetterVisibility(Visibility.NONE))
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    static Stream<Class<?>> events() {
        return Stream.of(AccountEvent.class, TransferEvent.class).flatMap(PublishedEventsTest::records);
    }

    private static Stream<Class<?>> records(Class<?> event) {
        return event.isInterface()
                ? Stream.of(event.getPermittedSubclasses()).flatMap(PublishedEventsTest::records)
                : Stream.of(event);
    }

    @ParameterizedTest
    @MethodSource("events")
    void theCurrentRevisionHasAGoldenFileThatReadsAndWritesTheSame(Class<?> event) throws IOException {
        JsonNode golden = golden(event, revision(event));
        assertThat(written(golden, event)).isEqualTo(golden);
        assertThat(golden.propertyNames())
                .containsExactlyInAnyOrderElementsOf(Stream.of(event.getRecordComponents())
                        .map(RecordComponent::getName)
                        .toList());
    }

    @ParameterizedTest
    @MethodSource("events")
    void whatARevisionOfBeforeTellsIsStillTold(Class<?> event) throws IOException {
        for (int revision = 1; revision < revision(event); revision++) {
            JsonNode golden = golden(event, revision);
            assertThat(written(golden, event).properties()).containsAll(golden.properties());
        }
    }

    private static int revision(Class<?> event) {
        return Integer.parseInt(event.getAnnotation(Revision.class).value());
    }

    private JsonNode golden(Class<?> event, int revision) throws IOException {
        String file = "/events/" + event.getName() + "." + revision + ".json";
        try (InputStream golden = getClass().getResourceAsStream(file)) {
            assertThat(golden).as("golden file %s", file).isNotNull();
            return json.readTree(golden);
        }
    }

    /** As today's code reads it and writes it again. */
    private JsonNode written(JsonNode event, Class<?> type) {
        return json.valueToTree(json.treeToValue(event, type));
    }
}
