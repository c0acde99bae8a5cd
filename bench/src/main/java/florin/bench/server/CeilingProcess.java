package florin.bench.server;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** The ceiling in a JVM of its own, as the server that it is compared with has one. */
record CeilingProcess(Process process, int port) implements AutoCloseable {

    static CeilingProcess start() throws IOException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx512m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Ceiling.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        String port = out.readLine();
        if (port == null) {
            throw new IOException("the ceiling did not start");
        }
        return new CeilingProcess(process, Integer.parseInt(port));
    }

    @Override
    public void close() {
        process.destroy();
    }
}
