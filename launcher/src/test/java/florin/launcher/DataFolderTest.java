package florin.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataFolderTest {
    @TempDir
    Path folder;

    @Test
    void a_folder_that_is_to_be_new_is_missing_or_empty_but_for_a_lock() {
        DataFolder.lock(folder.resolve("locked")).close();

        assertThat(fresh(folder.resolve("missing"))).doesNotExist();
        assertThat(fresh(folder.resolve("locked"))).exists();
    }

    @Test
    void a_folder_with_something_in_it_is_refused_and_stays_as_it_is() throws IOException {
        Path letter = Files.writeString(folder.resolve("letter.txt"), "Dear Alice");

        assertThatThrownBy(() -> fresh(folder))
                .isInstanceOf(LauncherException.class)
                .hasMessage("The demo needs a new folder, and " + folder
                        + " is not empty: choose another one with --data, or none for a temporary one.");
        assertThatThrownBy(() -> fresh(letter))
                .isInstanceOf(LauncherException.class)
                .hasMessage("The data folder " + letter + " cannot be used: " + letter + ": not directory.");
        assertThat(letter).hasContent("Dear Alice");
    }

    @Test
    void a_folder_is_in_use_while_it_is_locked() {
        Path data = folder.resolve("data");
        assertThat(DataFolder.isInUse(data)).isFalse();
        DataFolder held = DataFolder.lock(data);
        assertThat(DataFolder.isInUse(data)).isTrue();
        held.close();
        assertThat(DataFolder.isInUse(data)).isFalse();
    }

    private static Path fresh(Path chosen) {
        return DataFolder.fresh(Optional.of(chosen), "The demo", "florin-demo-");
    }
}
