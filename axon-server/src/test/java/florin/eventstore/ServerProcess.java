package florin.eventstore;

import io.axoniq.axonserver.connector.AxonServerConnectionFactory;
import io.axoniq.axonserver.connector.impl.ServerAddress;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The node in a process of its own, as a user starts it. */
record ServerProcess(Process process, int port, List<String> greeting) {
    static ServerProcess start(Path data, String... options) throws IOException {
        List<String> command = command("--data", data.toString(), "--grpc-port", "0", "--http-port", "0");
        command.addAll(List.of(options));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        List<String> greeting = new ArrayList<>();
        BufferedReader output = process.inputReader();
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            greeting.add(line);
            if (line.startsWith("axon-server is ready")) {
                String address = line.substring(line.indexOf("gRPC ") + 5, line.indexOf(", HTTP"));
                int port = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
                Thread drain = new Thread(() -> output.lines().forEach(rest -> {}));
                drain.setDaemon(true);
                drain.start();
                return new ServerProcess(process, port, greeting);
            }
        }
        throw new IOException("the server ended before it was ready: " + greeting);
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
