package florin.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import florin.launcher.PlatformPorts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The script {@code ./florin} as a person runs it. */
class CommandLineTest {
    private static final Duration PATIENCE = Duration.ofMinutes(4);

    private final Path folder = SharedPlatform.newFolder();

    @Test
    void the_demo_tells_its_story_and_exits_with_0() throws Exception {
        Script demo = start("demo");

        assertThat(demo.exitCode()).as(demo.output()).isZero();
        assertThat(demo.output())
                .contains("$ curl -X POST")
                .contains("\"COMPLETED\"")
                .contains("AM04")
                .contains("Everything was as it should be");
    }

    @Test
    void a_taken_port_is_one_sentence_and_nothing_is_left_running() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            List<String> up = up(PlatformPorts.free());
            up.addAll(List.of("--transfer-saga-port", Integer.toString(taken.getLocalPort())));

            Script refused = start(up.toArray(String[]::new));

            assertThat(refused.exitCode()).isEqualTo(1);
            assertThat(refused.output().strip())
                    .isEqualTo("florin: Port " + taken.getLocalPort() + " is taken by another program: stop it, or"
                            + " choose another port with --transfer-saga-port.");
        }
        assertThat(processesOf(folder)).isEmpty();
    }

    @Test
    void up_starts_several_instances_of_each_service_and_can_be_seen_and_stopped_from_another_shell() throws Exception {
        List<String> arguments = up(PlatformPorts.free());
        arguments.addAll(List.of("--instances", "2"));
        Script up = start(arguments.toArray(String[]::new));
        awaitRunning(up);
        assertEachInstanceIsReadyWhereItIsSaidToBe(up.output());

        Script second = start(up(PlatformPorts.free()).toArray(String[]::new));
        assertThat(second.exitCode()).isEqualTo(1);
        assertThat(second.output().strip())
                .isEqualTo("florin: The data folder " + folder.resolve("data") + " is in use by a running Florin: stop"
                        + " that with ./florin down, or choose another folder with --data.");

        Script status = start("status", "--data", data());
        assertThat(status.exitCode()).as(status.output()).isZero();
        assertThat(status.output()).contains("account-command-flno", "account-command-flso", "transfer-saga");
        assertThat(status.output())
                .contains("account-command-flno-2", "account-command-flso-2", "transfer-saga-2", "account-query-2");

        Script logs = start("logs", "account-query", "--data", data());
        assertThat(logs.exitCode()).isZero();
        assertThat(logs.output()).contains("account-query");

        Script down = start("down", "--data", data());
        assertThat(down.exitCode()).as(down.output()).isZero();
        assertThat(up.exitCode()).as(up.output()).isZero();
        assertThat(processesOf(folder)).isEmpty();

        Script after = start("status", "--data", data());
        assertThat(after.exitCode()).isEqualTo(1);
        assertThat(after.output().strip()).isEqualTo("Nothing runs on " + data() + ".");
    }

    /** By the last line that it prints then. */
    private static void awaitRunning(Script up) throws IOException {
        await().atMost(PATIENCE)
                .until(() ->
                        up.output().contains("Ctrl-C stops it") || !up.process().isAlive());
        assertThat(up.output()).contains("Florin runs");
    }

    private static void assertEachInstanceIsReadyWhereItIsSaidToBe(String told) throws Exception {
        Set<URI> addresses = new HashSet<>();
        Matcher addressesTold =
                Pattern.compile("http://\\S+(?=/swagger-ui.html)").matcher(told);
        while (addressesTold.find()) {
            addresses.add(URI.create(addressesTold.group()));
        }
        assertThat(addresses).as(told).hasSize(8);
        HttpClient http = HttpClient.newHttpClient();
        for (URI address : addresses) {
            HttpRequest ready = HttpRequest.newBuilder(address.resolve("/actuator/health/readiness"))
                    .build();
            assertThat(http.send(ready, HttpResponse.BodyHandlers.ofString()).statusCode())
                    .as("%s", address)
                    .isEqualTo(200);
        }
    }

    @Test
    void what_a_killed_launcher_leaves_behind_is_stopped_by_down() throws Exception {
        Script up = start(up(PlatformPorts.free()).toArray(String[]::new));
        awaitRunning(up);
        Process unused = up.process().destroyForcibly();
        assertThat(up.exitCode()).isEqualTo(137);
        assertThat(processesOf(folder)).isNotEmpty();

        Script down = start("down", "--data", data());

        assertThat(down.exitCode()).as(down.output()).isZero();
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(processesOf(folder)).isEmpty());
    }

    @Test
    void help_and_unknown_commands_start_nothing() throws Exception {
        Script help = start("--help");
        assertThat(help.exitCode()).isZero();
        assertThat(help.output())
                .contains("demo", "up", "status", "down", "logs NAME", "chaos", "--axon-server-grpc-port");
        Script logs = start("logs", "--help");
        assertThat(logs.exitCode()).isZero();
        assertThat(logs.output()).startsWith("Usage: ./florin logs NAME");
        Script simulate = start("simulate", "--help");
        assertThat(simulate.exitCode()).isZero();
        assertThat(simulate.output()).contains("--seeds N", "--from S").doesNotContain("--axon-server-grpc-port");
        Script chaos = start("chaos", "--help");
        assertThat(chaos.exitCode()).isZero();
        assertThat(chaos.output())
                .startsWith("Usage: ./florin chaos")
                .contains("--minutes M")
                .doesNotContain("--cache");
        Script endless = start("chaos", "--minutes", "61");
        assertThat(endless.exitCode()).isEqualTo(2);
        assertThat(endless.output().strip()).isEqualTo("florin: --minutes takes a number above 0 and up to 60.");
        Script unknown = start("dance");
        assertThat(unknown.exitCode()).isEqualTo(2);
    }

    @Test
    void seeds_are_simulated_and_a_deliberate_bug_is_found() throws Exception {
        Script simulate = start("simulate", "--seeds", "2", "--from", "7");
        assertThat(simulate.exitCode()).as(simulate.output()).isZero();
        assertThat(simulate.output()).contains("2 seeds from 7", "nothing was broken");
        Script broken = start("simulate", "--seeds", "1", "--bug", "sent-means-done");
        assertThat(broken.exitCode()).as(broken.output()).isEqualTo(1);
        assertThat(broken.output()).contains("CLEARING_IS_IN_FLIGHT", "--seeds 1 --from 1 --bug sent-means-done");
    }

    private String data() {
        return folder.resolve("data").toString();
    }

    private List<String> up(PlatformPorts ports) {
        return new ArrayList<>(List.of(
                "up",
                "--data",
                data(),
                "--axon-server-grpc-port",
                Integer.toString(ports.axonServerGrpc()),
                "--axon-server-http-port",
                Integer.toString(ports.axonServerHttp()),
                "--account-command-flno-port",
                Integer.toString(ports.accountCommandFlno()),
                "--account-command-flso-port",
                Integer.toString(ports.accountCommandFlso()),
                "--transfer-saga-port",
                Integer.toString(ports.transferSaga()),
                "--account-query-port",
                Integer.toString(ports.accountQuery()),
                "--postgresql-port",
                Integer.toString(ports.postgresql())));
    }

    private Script start(String... arguments) throws IOException {
        return Script.start(folder, arguments);
    }

    /** Processes whose command line names the folder. */
    private static List<String> processesOf(Path folder) {
        return ProcessHandle.allProcesses()
                .map(handle -> handle.info().commandLine().orElse(""))
                .filter(line -> line.contains(folder.toString()))
                .toList();
    }
}
