package florin.eventstore.storage;

import static florin.eventstore.storage.StoreFixture.append;
import static florin.eventstore.storage.StoreFixture.event;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import florin.eventstore.protocol.Refusal;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs of one backup, of which some fail in the middle. */
class BackupRunsTest {
    @TempDir
    private Path folder;

    private StoreFixture stores;
    private EventStorage first;
    private EventStorage second;
    private Backup backup;

    @BeforeEach
    void open() {
        stores = new StoreFixture(folder.resolve("native"));
        first = stores.open(folder.resolve("first"));
        second = stores.open(folder.resolve("second"));
        backup = new Backup(folder.resolve("backup"));
    }

    @AfterEach
    void close() {
        first.close();
        second.close();
        stores.close();
    }

    @Test
    void runsThatFailTakeNothingAway() throws Exception {
        append(first, event("a", 0, "one"));
        append(second, event("b", 0, "one"));
        backup.create(Map.of("first", first, "second", second));
        append(first, event("a", 1, "two"));
        second.close();
        for (int run = 0; run < 3; run++) {
            assertThatThrownBy(() -> backup.create(Map.of("first", first, "second", second)))
                    .isInstanceOf(Refusal.class);
        }

        Map<String, Verification.Report> restored = backup.restore(folder.resolve("restored"), stores.resources);

        assertThat(restored.get("first").events()).isEqualTo(1);
        assertThat(restored.get("second").events()).isEqualTo(1);
    }

    @Test
    void whatIsOfNoCompletedRunIsRemovedByTheNext() throws Exception {
        append(first, event("a", 0, "one"));
        backup.create(Map.of("first", first, "second", second));
        backup.create(Map.of("first", first));
        assertThat(folder.resolve("backup/contexts/second")).exists();
        append(first, event("a", 1, "two"));

        backup.create(Map.of("first", first));

        assertThat(folder.resolve("backup/contexts/second")).doesNotExist();
        assertThat(folder.resolve("backup/contexts/first/meta")).isDirectoryContaining("glob:**/3");
        assertThat(folder.resolve("backup/contexts/first/meta")).isDirectoryNotContaining("glob:**/1");
        assertThat(backup.restore(folder.resolve("restored"), stores.resources)
                        .get("first")
                        .events())
                .isEqualTo(2);
    }
}
