package florin.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ManagedProcessTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Path log;

    private final List<String> progress = new CopyOnWriteArrayList<>();

    ManagedProcessTest(@TempDir Path folder) {
        log = folder.resolve("sleeper.log");
    }

    @Test
    void a_process_that_is_killed_is_started_again_until_it_is_stopped() {
        ManagedProcess process = process(List.of("sleep", "1000"));
        process.start();
        process.supervise();
        long first = process.pid();

        process.kill();

        await().atMost(Duration.ofSeconds(30)).until(() -> process.isAlive() && process.pid() != first);
        assertThat(process.restarts()).isEqualTo(1);
        assertThat(progress)
                .singleElement()
                .asString()
                .contains("sleeper died (exit code 137; ", "./florin logs sleeper");

        process.stop();
        assertThat(process.isAlive()).isFalse();
        assertThat(process.restarts()).isEqualTo(1);
    }

    @Test
    void a_process_that_is_asked_to_end_in_order_is_started_again() {
        ManagedProcess process = process(List.of("sleep", "1000"));
        process.start();
        process.supervise();
        long first = process.pid();

        assertThat(process.terminate()).isTrue();

        await().atMost(PATIENCE).until(() -> process.isAlive() && process.pid() != first);
        assertThat(progress).singleElement().asString().contains("sleeper died (exit code 143; ");
        process.stop();
        assertThat(process.terminate()).isFalse();
    }

    @Test
    void a_process_and_its_children_are_paused_resumed_and_killed_together() {
        ManagedProcess process = process(List.of("sh", "-c", "sleep 1000 & sleep 1000 & wait"));
        process.start();
        await().atMost(PATIENCE).until(() -> children(process).size() == 2);
        List<ProcessHandle> children = children(process);

        assertThat(process.pause()).isTrue();
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(states(process, children)).containsOnly("T"));
        process.resume();
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(states(process, children)).containsOnly("S"));
        process.kill();

        assertThat(process.isAlive()).isFalse();
        await().atMost(PATIENCE).until(() -> children.stream().noneMatch(ProcessHandle::isAlive));
        assertThat(process.pause()).isFalse();
        process.stop();
    }

    @Test
    void a_paused_process_follows_when_it_is_asked_to_stop() {
        ManagedProcess process = process(List.of("sleep", "1000"));
        process.start();
        process.pause();

        process.stop();

        assertThat(process.isAlive()).isFalse();
        assertThat(process.exitCode()).hasValue(143);
        assertThat(progress).isEmpty();
    }

    @Test
    void a_log_that_becomes_too_long_is_begun_anew_and_the_one_before_is_kept() throws IOException {
        Path before = Path.of(log + ".1");
        ManagedProcess process = process(List.of(
                "sh",
                "-c",
                "yes | head -c 20000000; while [ $(wc -c < '" + log + "') -gt 16777216 ]; do sleep 0.1; done;"
                        + " echo last; exec sleep 1000"));
        process.start();
        process.supervise();

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(log).content().endsWith("last\n"));
        assertThat(Files.size(before)).isGreaterThan(16_777_216);
        assertThat(Files.size(before) + Files.size(log)).isLessThanOrEqualTo(20_000_000 + "last\n".length());
        process.stop();
        assertThat(progress).isEmpty();
    }

    private static List<ProcessHandle> children(ManagedProcess process) {
        return ProcessHandle.of(process.pid()).orElseThrow().descendants().toList();
    }

    /** The first letter of what ps calls a state: T is stopped, S asleep. */
    private static Set<String> states(ManagedProcess process, List<ProcessHandle> children) throws IOException {
        Set<String> states = new TreeSet<>(Set.of(state(process.pid())));
        for (ProcessHandle child : children) {
            states.add(state(child.pid()));
        }
        return states;
    }

    private static String state(long pid) throws IOException {
        Process ps = new ProcessBuilder("ps", "-o", "state=", "-p", Long.toString(pid)).start();
        return new String(ps.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .strip()
                .substring(0, 1);
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

    @Test
    void a_start_that_fails_is_tried_again() {
        AtomicInteger starts = new AtomicInteger();
        ManagedProcess process = new ManagedProcess(
                "sleeper",
                () -> List.of(starts.getAndIncrement() % 2 == 0 ? "sleep" : "/missing/sleep", "1000"),
                Map.of(),
                log,
                false,
                progress::add,
                () -> {
                    if (starts.get() > 1) {
                        throw new LauncherException("The disk is full.");
                    }
                });
        process.start();
        process.supervise();
        long first = process.pid();

        process.kill();

        await().atMost(PATIENCE).until(() -> process.isAlive() && process.pid() != first);
        process.stop();
        assertThat(process.isAlive()).isFalse();
    }

    private ManagedProcess process(List<String> command) {
        return new ManagedProcess("sleeper", () -> command, Map.of(), log, false, progress::add, () -> {});
    }
}
