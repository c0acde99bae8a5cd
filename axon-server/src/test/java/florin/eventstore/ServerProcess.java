package florin.eventstore;

import io.axoniq.axonserver.connector.AxonServerConnectionFactory;
import io.axoniq.axonserver.connector.impl.ServerAddress;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The node in a process of its own, as a user starts it. */
record ServerProcess(Process process, int port, int httpPort, List<String> greeting) {
    /** Options that begin with -D are the JVM's. */
    static ServerProcess start(Path data, String... options) throws IOException {
        Path errors = Files.createTempFile("axon-server", ".log");
        try {
            return start(data, errors, options);
        } finally {
            Files.delete(errors); // The process goes on writing to what has no name any more.
        }
    }

    /** The same, with a file for what it writes to its error stream. */
    static ServerProcess start(Path data, Path errors, String... options) throws IOException {
        List<String> command = command("--data", data.toString(), "--grpc-port", "0", "--http-port", "0");
        for (String option : options) {
            command.add(option.startsWith("-D") ? 1 : command.size(), option);
        }
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.to(errors.toFile()))
                .start();
        List<String> greeting = new ArrayList<>();
        BufferedReader output = process.inputReader();
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            greeting.add(line);
            if (line.startsWith("axon-server is ready")) {
                int port = portBefore(", HTTP", line);
                int httpPort = portBefore(", data", line);
                Thread drain = new Thread(() -> output.lines().forEach(rest -> {}));
                drain.setDaemon(true);
                drain.start();
                return new ServerProcess(process, port, httpPort, greeting);
            }
        }
        throw new IOException("the server ended before it was ready: " + greeting + "\n" + Files.readString(errors));
    }

    private static int portBefore(String text, String line) {
        String before = line.substring(0, line.indexOf(text));
        return Integer.parseInt(before.substring(before.lastIndexOf(':') + 1));
    }

    /** The command line that runs the jar's program with these arguments. */
    static List<String> command(String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
        command.addAll(List.of(arguments));
        return command;
    }

    AxonServerConnectionFactory connector() {
        return AxonServerConnectionFactory.forClient("process")
                .routingServers(new ServerAddress("localhost", port))
                .connectTimeout(5, TimeUnit.SECONDS)
                .reconnectInterval(200, TimeUnit.MILLISECONDS)
                .build();
    }

    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }
}
