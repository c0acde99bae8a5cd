package florin.contracts;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import florin.account.api.AccountEvent;
import florin.transfer.api.TransferEvent;
import java.io.IOException;
import java.io.InputStream;
import java.util.stream.Stream;
import org.axonframework.serialization.Revision;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.DeserializationFeature;
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
        String file = "/events/" + event.getName() + "."
                + event.getAnnotation(Revision.class).value() + ".json";
        try (InputStream golden = getClass().getResourceAsStream(file)) {
            assertThat(golden).as("golden file %s", file).isNotNull();
            var tree = json.readTree(golden);
            Object read = json.treeToValue(tree, event);
            assertThat(json.<tools.jackson.databind.JsonNode>valueToTree(read)).isEqualTo(tree);
            for (var component : event.getRecordComponents()) {
                assertThat(tree.has(component.getName()))
                        .as("%s in %s", component.getName(), file)
                        .isTrue();
            }
        }
    }
}
