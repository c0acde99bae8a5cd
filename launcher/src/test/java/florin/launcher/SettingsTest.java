package florin.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {
    @TempDir
    Path folder;

    @Test
    void the_defaults_are_the_documented_ports_and_folder() {
        Settings settings = read(Map.of());

        assertThat(settings.ports()).isEqualTo(new PlatformPorts(8124, 8024, 8081, 8082, 8083, 8084, 15432));
        assertThat(settings.data()).isEqualTo(Path.of(".florin").toAbsolutePath());
        assertThat(settings.databaseUrls()).isEmpty();
        assertThat(settings.instances()).isEqualTo(1);
    }

    @Test
    void an_option_wins_over_the_environment_and_that_over_the_file() throws IOException {
        Files.writeString(
                folder.resolve("florin.properties"),
                "transfer-saga-port=1001\naccount-query-port=1002\npostgresql-port=1003\n");

        Settings settings = read(
                Map.of("FLORIN_ACCOUNT_QUERY_PORT", "2002", "FLORIN_POSTGRESQL_PORT", "2003"),
                "--postgresql-port",
                "3003");

        assertThat(settings.ports().transferSaga()).isEqualTo(1001);
        assertThat(settings.ports().accountQuery()).isEqualTo(2002);
        assertThat(settings.ports().postgresql()).isEqualTo(3003);
    }

    @Test
    void a_database_can_live_on_another_server() {
        assertThat(read(Map.of(), "--account-query-database-url=jdbc:postgresql://db/account_query")
                        .databaseUrls())
                .isEqualTo(Map.of("account_query", "jdbc:postgresql://db/account_query"));
    }

    @Test
    void a_wrong_port_is_refused_in_one_sentence() {
        assertThatThrownBy(() -> read(Map.of(), "--transfer-saga-port", "many").ports())
                .isInstanceOf(UsageException.class)
                .hasMessage("The value of --transfer-saga-port is not a port between 1 and 65535: many.");
        assertThatThrownBy(() -> read(Map.of(), "--transfer-saga-port", "8081").ports())
                .isInstanceOf(UsageException.class)
                .hasMessage("Port 8081 is given twice: change --transfer-saga-port or --account-command-flno-port.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "5", "22", "-1", "two"})
    void a_wrong_number_of_instances_is_refused_in_one_sentence(String wrong) {
        assertThat(read(Map.of("FLORIN_INSTANCES", "3"), "--instances=4").instances())
                .isEqualTo(4);
        assertThatThrownBy(() -> read(Map.of(), "--instances", wrong).instances())
                .isInstanceOf(UsageException.class)
                .hasMessage("The value of --instances is not a number from 1 to 4: " + wrong + ".");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--data=", "--data= ", "--data", "--instances=", "--account-query-database-url="})
    void an_option_without_a_value_is_refused_in_one_sentence(String option) {
        assertThatThrownBy(() -> read(Map.of("FLORIN_DATA", "elsewhere"), option))
                .isInstanceOf(UsageException.class)
                .hasMessage("The option " + option.replaceAll("=.*", "") + " needs a value.");
        assertThatThrownBy(() -> read(Map.of(), "--data", "")).hasMessage("The option --data needs a value.");
        assertThat(read(Map.of("FLORIN_DATA", " "))).isEqualTo(read(Map.of()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"colour=blue", "data=C:\\users"})
    void a_file_that_is_not_understood_is_refused_in_one_sentence(String line) throws IOException {
        Files.writeString(folder.resolve("florin.properties"), line);
        assertThatThrownBy(() -> read(Map.of()))
                .isInstanceOf(UsageException.class)
                .hasMessageStartingWith("The file " + folder.resolve("florin.properties"));
    }

    @Test
    void no_port_of_a_further_instance_is_that_of_another_process() {
        PlatformPorts first = PlatformPorts.free();
        List<Integer> ports = new ArrayList<>(first.bySetting().values());
        first.freeOthers(3).forEach(others -> ports.addAll(others.bySetting().values()));

        assertThat(ports).hasSize(28).doesNotHaveDuplicates();
    }

    @Test
    void a_taken_port_is_named_with_its_option() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = Integer.toString(taken.getLocalPort());
            PlatformPorts ports = read(Map.of(), "--account-query-port", port).ports(PlatformPorts.free());

            assertThatThrownBy(ports::requireFree)
                    .isInstanceOf(LauncherException.class)
                    .hasMessage("Port " + port + " is taken by another program: stop it, or choose another port with"
                            + " --account-query-port.");
        }
    }

    @Test
    void a_data_folder_has_one_launcher_at_a_time() {
        try (DataFolder held = DataFolder.lock(folder.resolve("data"))) {
            assertThatThrownBy(() -> DataFolder.lock(held.path()))
                    .isInstanceOf(LauncherException.class)
                    .hasMessageContaining("is in use by a running Florin");
        }
        DataFolder.lock(folder.resolve("data")).close();
    }

    private Settings read(Map<String, String> environment, String... arguments) {
        return Settings.read(
                EnumSet.allOf(Setting.class),
                new ArrayList<>(List.of(arguments)),
                environment,
                folder.resolve("florin.properties"));
    }
}
