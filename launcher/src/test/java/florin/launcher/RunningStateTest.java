package florin.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What other shells know of processes, here of ones that sleep. */
class RunningStateTest {
    @TempDir
    Path folder;

    private Process launcher;
    private Process service;

    @BeforeEach
    void startProcesses() throws IOException {
        launcher = new ProcessBuilder("sleep", "1000").start();
        service = new ProcessBuilder("sleep", "1000").start();
    }

    @AfterEach
    void endProcesses() {
        Process unused = launcher.destroyForcibly();
        unused = service.destroyForcibly();
    }

    @Test
    void a_process_is_known_again_and_is_no_other_with_its_number() throws InterruptedException {
        write(service.pid());

        RunningState.Entry entry = read().processes().get("account-query");
        assertThat(entry.handle())
                .hasValueSatisfying(handle -> assertThat(handle.pid()).isEqualTo(service.pid()));
        assertThat(new RunningState.Entry(service.pid(), read().launcher().start() + "1", 0, "", "").handle())
                .isEmpty();
        assertThat(new RunningState.Entry(service.pid(), "", 0, "", "").handle())
                .isEmpty();
        int unused = service.destroyForcibly().waitFor();
        assertThat(entry.handle()).isEmpty();
    }

    @Test
    void what_has_not_started_is_not_ready() {
        write(-1);
        assertThat(read().processes().get("account-query").handle()).isEmpty();
        assertThat(status()).isEqualTo(1);
        new RunningState(read().launcher(), Map.of()).write(DataFolder.stateFile(folder));
        assertThat(status()).isEqualTo(1);
    }

    @Test
    void a_garbled_file_is_one_sentence() throws IOException {
        Files.writeString(DataFolder.stateFile(folder), "launcher.pid=many\n");
        assertThatThrownBy(this::read)
                .isInstanceOf(LauncherException.class)
                .hasMessage(
                        "The file " + DataFolder.stateFile(folder) + ", which says what runs, cannot be read: delete"
                                + " it, and end yourself what still runs on this folder.");
    }

    @Test
    void down_ends_the_launcher_and_what_it_left_behind() {
        write(service.pid());

        assertThat(down()).isZero();

        assertThat(launcher.isAlive()).isFalse();
        assertThat(service.isAlive()).isFalse();
    }

    @Test
    void down_waits_for_a_launcher_that_has_not_said_yet_who_it_is() throws InterruptedException {
        DataFolder held = DataFolder.lock(folder);
        assertThat(status()).isEqualTo(1);
        Thread down = new Thread(this::down);
        down.start();
        down.join(500);
        assertThat(down.isAlive()).isTrue();
        write(-1);

        down.join();

        assertThat(launcher.isAlive()).isFalse();
        held.close();
    }

    private void write(long pid) {
        Map<String, RunningState.Entry> processes = new LinkedHashMap<>();
        processes.put(
                "account-query", RunningState.Entry.of(pid, 0, "http://localhost:1", "http://localhost:1/health"));
        new RunningState(RunningState.Entry.of(launcher.pid(), 0, "", ""), processes)
                .write(DataFolder.stateFile(folder));
    }

    private RunningState read() {
        return RunningState.read(DataFolder.stateFile(folder)).orElseThrow();
    }

    private int status() {
        return StatusCommand.run(settings());
    }

    private int down() {
        return DownCommand.run(settings());
    }

    private Settings settings() {
        return new Settings(Map.of(Setting.DATA, folder.toString()));
    }
}
