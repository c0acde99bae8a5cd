package florin.eventstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import florin.eventstore.storage.SyncMode;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StorageOptionsTest {
    @TempDir
    private Path data;

    @Test
    void everyCommitIsSyncedAndSomeRoomIsKeptUnlessToldOtherwise() {
        assertThat(Main.parse().storage().sync()).isEqualTo(SyncMode.EVERY_COMMIT);
        assertThat(Main.parse().storage().minFreeBytes()).isEqualTo(134_217_728);
        assertThat(Main.parse("--sync", "every-commit").storage().sync()).isEqualTo(SyncMode.EVERY_COMMIT);
        assertThat(Main.parse("--sync", "interval").storage().sync()).isEqualTo(SyncMode.INTERVAL);
        assertThat(Main.parse("--min-free-bytes", "0").storage().minFreeBytes()).isZero();
        assertThat(Main.parse().storage().writeBufferBytes()).isEqualTo(16_777_216);
        assertThat(Main.parse("--write-buffer-bytes", "65536").storage().writeBufferBytes())
                .isEqualTo(65_536);
        assertThat(Main.parse().storage().blockCacheBytes()).isEqualTo(134_217_728);
        assertThat(Main.parse("--block-cache-bytes", "1073741824").storage().blockCacheBytes())
                .isEqualTo(1_073_741_824);
    }

    @Test
    void whatIsNotUnderstoodIsRefused() {
        assertThatThrownBy(() -> Main.parse("--sync", "never"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("every-commit or interval");
        assertThatThrownBy(() -> Main.parse("--min-free-bytes", "much"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("needs a number");
        assertThatThrownBy(() -> Main.parse("--min-free-bytes", "-1")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Main.parse("--write-buffer-bytes", "65535"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("from 65536 to 33554432");
        assertThatThrownBy(() -> Main.parse("--block-cache-bytes", "67108863"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("from 67108864 to 68719476736");
    }

    @Test
    void theNodeSaysAtItsStartWhatTheIntervalModeRisks() throws Exception {
        ServerProcess server = ServerProcess.start(data, "--sync", "interval");
        try {
            assertThat(server.greeting())
                    .anyMatch(line -> line.contains("a loss of power loses up to the last second"));
        } finally {
            server.kill();
        }
    }
}
