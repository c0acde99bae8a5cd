package florin.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A run of the script {@code ./florin}, and the file that its output goes to. */
record Script(Process process, Path file) {
    private static final Duration PATIENCE = Duration.ofMinutes(4);

    static Script start(Path folder, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(SharedPlatform.root().resolve("florin").toString());
        command.addAll(List.of(arguments));
        Path output = Files.createTempFile(folder, arguments[0] + "-", ".txt");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        return new Script(builder.start(), output);
    }

    int exitCode() throws InterruptedException {
        return exitCode(PATIENCE);
    }

    int exitCode(Duration patience) throws InterruptedException {
        assertThat(process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS))
                .as("ends")
                .isTrue();
        return process.exitValue();
    }

    String output() throws IOException {
        return Files.readString(file);
    }
}
