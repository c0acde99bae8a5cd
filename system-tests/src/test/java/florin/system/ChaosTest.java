package florin.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The short form of {@code ./florin chaos}. */
class ChaosTest {
    /** Longer than chaos itself waits for all to come to rest. */
    private static final Duration PATIENCE = Duration.ofMinutes(20);

    private static final List<String> PROCESSES = List.of(
            "axon-server",
            "account-command-flno",
            "account-command-flso",
            "transfer-saga",
            "account-query",
            "postgresql");

    private final Path folder = SharedPlatform.newFolder();
    private final Path data = folder.resolve("data");
    private Script chaos;

    @AfterEach
    void leave_nothing_running() throws Exception {
        chaos.process().destroy();
        chaos.exitCode();
    }

    @Test
    void every_kind_of_fault_meets_every_target_and_nothing_that_a_client_was_told_is_contradicted() throws Exception {
        chaos = Script.start(folder, "chaos", "--minutes", "1", "--seed", "1", "--data", data.toString());

        assertThat(chaos.exitCode(PATIENCE)).as(chaos.output()).isZero();

        assertThat(chaos.output()).contains("No loss, no contradiction.").doesNotContain("internal-error");
        for (String process : PROCESSES) {
            assertThat(chaos.output()).contains(": kill -9 " + process).contains(": pause " + process + " for");
        }
        for (String service : PROCESSES.subList(1, 5)) {
            for (String server : List.of("axon-server", "postgresql")) {
                String link = service + " to " + server;
                assertThat(chaos.output())
                        .contains(": cut " + link)
                        .contains(": stall " + link + " for")
                        .contains(": lose " + link);
            }
        }
    }

    @Test
    void an_interrupted_run_stops_everything_that_it_started() throws Exception {
        chaos = Script.start(folder, "chaos", "--seed", "1", "--data", data.toString());
        await().atMost(PATIENCE)
                .until(() -> chaos.output().contains("fault 4 of")
                        || !chaos.process().isAlive());
        List<ProcessHandle> started = started();
        assertThat(started).as(chaos.output()).hasSizeGreaterThanOrEqualTo(4);

        chaos.process().destroy();

        assertThat(chaos.exitCode(PATIENCE)).as(chaos.output()).isEqualTo(130);
        assertThat(started).noneMatch(ProcessHandle::isAlive);
        assertThat(chaos.output()).contains("Stopped; data and logs are kept in " + data);
    }

    /** What runs, by the file that the platform keeps of it. */
    private List<ProcessHandle> started() throws IOException {
        Properties state = new Properties();
        try (Reader reader = Files.newBufferedReader(data.resolve("florin.state"))) {
            state.load(reader);
        }
        return PROCESSES.stream()
                .map(name -> Long.parseLong(state.getProperty(name + ".pid", "-1")))
                .flatMap(pid -> ProcessHandle.of(pid).stream())
                .flatMap(process -> Stream.concat(Stream.of(process), process.descendants()))
                .toList();
    }
}
