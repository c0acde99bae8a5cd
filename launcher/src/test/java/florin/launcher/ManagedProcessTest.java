package florin.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ManagedProcessTest {
    @TempDir
    Path folder;

    private final List<String> progress = new CopyOnWriteArrayList<>();

    @Test
    void a_process_that_is_killed_is_started_again_until_it_is_stopped() {
        ManagedProcess process = process(List.of("sleep", "1000"));
        process.start();
        process.supervise();
        long first = process.pid();

        process.kill();

        await().atMost(Duration.ofSeconds(30)).until(() -> process.isAlive() && process.pid() != first);
        assertThat(process.restarts()).isEqualTo(1);
        assertThat(progress).singleElement().asString().contains("sleeper died (exit code 137)");

        process.stop();
        assertThat(process.isAlive()).isFalse();
        assertThat(process.restarts()).isEqualTo(1);
    }

    @Test
    void the_pause_before_each_next_start_doubles() {
        ManagedProcess process = process(List.of("false"));
        process.start();
        process.supervise();

        await().atMost(Duration.ofSeconds(60)).until(() -> progress.size() >= 3);
        process.stop();

        assertThat(progress.get(0)).endsWith("in 500 ms");
        assertThat(progress.get(1)).endsWith("in 1000 ms");
        assertThat(progress.get(2)).endsWith("in 2000 ms");
    }

    private ManagedProcess process(List<String> command) {
        return new ManagedProcess(
                "sleeper", () -> command, Map.of(), folder.resolve("sleeper.log"), false, progress::add, () -> {});
    }
}
