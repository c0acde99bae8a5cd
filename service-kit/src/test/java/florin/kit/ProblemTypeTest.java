package florin.kit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ProblemTypeTest {

    @ParameterizedTest
    @EnumSource
    void everyTypeIsDocumentedWithItsStatus(ProblemType type) throws IOException {
        String name = type.uri().getPath().substring("/problems/".length());
        assertThat(Files.readString(Path.of("../docs/errors.md")))
                .contains("| `" + name + "` | " + type.status().value() + " |");
    }
}
