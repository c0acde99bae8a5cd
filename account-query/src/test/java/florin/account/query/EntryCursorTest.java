package florin.account.query;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EntryCursorTest {

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 4_711, Long.MAX_VALUE})
    void a_cursor_reads_back_as_what_was_written(long position) {
        EntryCursor cursor = new EntryCursor(position);

        assertThat(EntryCursor.parse(cursor.text())).contains(cursor);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "!!", "AAAA", "__________8", "AAAAAAAAAAAAAAAAAAAA"})
    void another_text_is_no_cursor(String text) {
        assertThat(EntryCursor.parse(text)).isEmpty();
    }
}
