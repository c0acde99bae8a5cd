package florin.eventstore.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Without its writer a node would take appends and answer none of them. */
class WriterDeathTest {
    @TempDir
    private Path folder;

    @Test
    void aNodeWhoseWriterHasFailedSaysSoAndEnds() throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Victim.class.getName(),
                        folder.toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(said).isEqualTo(70);
        assertThat(said).contains("has failed; the node ends");
    }

    /** Opens a store and brings down its writer's thread in a way that is at hand. */
    static final class Victim {
        private Victim() {}

        public static void main(String[] arguments) throws InterruptedException {
            StoreFixture fixture = new StoreFixture(Path.of(arguments[0], "native"));
            EventStorage storage = fixture.open(Path.of(arguments[0], "store"));
            Thread writer = Thread.getAllStackTraces().keySet().stream()
                    .filter(thread -> thread.getName().equals("event-writer"))
                    .findAny()
                    .orElseThrow();
            writer.interrupt();
            writer.join();
            System.out.println("still here, with an event store that " + (storage.isClosed() ? "is closed" : "is not"));
            System.exit(0);
        }
    }
}
