package florin.eventstore;

import static org.assertj.core.api.Assertions.assertThat;

import florin.eventstore.security.Role;
import io.axoniq.axonserver.connector.ErrorCategory;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What docs/axon-server.md lists is what there is. */
class DocumentationTest {
    private static final Path SOURCES = Path.of("src/main/java");

    /** By an empty request each method shows whether it is here. */
    @Test
    void everyMethodOfTheApiIsListedAndIsHereOrNotAsTheListSays(@TempDir Path data) throws Exception {
        Map<String, String> listed = methods();
        Map<String, Status> ends = new HashMap<>();
        try (NodeFixture fixture = new NodeFixture(data)) {
            ManagedChannel channel = NettyChannelBuilder.forAddress(
                            "127.0.0.1", fixture.node().grpcPort())
                    .usePlaintext()
                    .build();
            try {
                for (ServiceDescriptor service : ApiServices.all()) {
                    for (MethodDescriptor<?, ?> method : service.getMethods()) {
                        Status end = ApiServices.call(channel, method, List.of(new byte[0]), 60)
                                .get(90, TimeUnit.SECONDS);
                        ends.put(
                                service.getName().substring(service.getName().lastIndexOf('.') + 1)
                                        + '/'
                                        + method.getBareMethodName(),
                                end);
                    }
                }
            } finally {
                channel.shutdownNow();
            }
        }
        assertThat(ends).hasSizeGreaterThan(30).allSatisfy((method, end) -> {
            String service = method.substring(0, method.indexOf('/'));
            String here = listed.getOrDefault(method, listed.get(service + "/all"));
            assertThat(here).as(method).isNotNull();
            if (here.startsWith("UNIMPLEMENTED")) {
                assertThat(end.getCode()).as(method).isEqualTo(Status.Code.UNIMPLEMENTED);
                assertThat(end.getDescription()).as(method).matches("\\[AXONIQ-1002] \\w+ .* .*");
            } else {
                assertThat(end.getCode()).as(method).isNotEqualTo(Status.Code.UNIMPLEMENTED);
            }
        });
        assertThat(ends.keySet())
                .as("all that is listed by its name")
                .containsAll(listed.keySet().stream()
                        .filter(method -> !method.endsWith("/all"))
                        .toList());
    }

    /** What is said of each method that is listed, by service and method; of a whole service by {@code all}. */
    private static Map<String, String> methods() throws IOException {
        Map<String, String> methods = new HashMap<>();
        List<String> services = List.of();
        for (List<String> row : rows("| service | method | here |")) {
            services = row.get(0).isEmpty() ? services : List.of(row.get(0).split(", ", -1));
            for (String service : services) {
                for (String method : row.get(1).replace("`", "").split(", ", -1)) {
                    methods.put(service + '/' + method, row.get(2));
                }
            }
        }
        return methods;
    }

    @Test
    void everyOptionIsListedThereAndByHelp() throws IOException {
        Set<String> read = found(
                Pattern.compile("case \"(--[a-z-]+)\""),
                Files.readString(SOURCES.resolve("florin/eventstore/Main.java")));
        read.add("--help");
        Set<String> listed = rows("| option | default | meaning |").stream()
                .flatMap(row -> found(Pattern.compile("`(--[a-z-]+)"), row.get(0)).stream())
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(read).hasSizeGreaterThan(10).isEqualTo(listed);
        assertThat(found(Pattern.compile("(?m)^  (--[a-z-]+)"), Main.USAGE)).isEqualTo(read);
    }

    @Test
    void everyCodeIsListed() throws IOException {
        Set<String> used = new TreeSet<>();
        try (Stream<Path> sources = Files.walk(SOURCES)) {
            for (Path source :
                    sources.filter(file -> file.toString().endsWith(".java")).toList()) {
                found(Pattern.compile("ErrorCategory\\.([A-Z_]+)"), Files.readString(source))
                        .forEach(name -> used.add(ErrorCategory.valueOf(name).errorCode()));
            }
        }
        Set<String> listed = rows("| code | when |").stream()
                .flatMap(row -> Stream.of(row.get(0).split(", ", -1)))
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(used).hasSizeGreaterThan(10).isEqualTo(listed);
    }

    @Test
    void everyRoleIsListed() throws IOException {
        Set<String> listed = rows("| role | may |").stream()
                .flatMap(row -> found(Pattern.compile("([A-Z_]+)"), row.get(0)).stream())
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(listed)
                .isEqualTo(Stream.of(Role.values()).map(Role::name).collect(Collectors.toCollection(TreeSet::new)));
    }

    private static Set<String> found(Pattern pattern, String text) {
        return pattern.matcher(text)
                .results()
                .map((MatchResult match) -> match.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** The cells of the table that begins with this line. */
    private static List<List<String>> rows(String head) throws IOException {
        List<String> lines = Files.readAllLines(Path.of("../docs/axon-server.md"));
        List<List<String>> rows = new ArrayList<>();
        for (int line = lines.indexOf(head) + 2; lines.get(line).startsWith("|"); line++) {
            rows.add(Stream.of(lines.get(line).substring(1).split("\\|", -1))
                    .map(String::strip)
                    .toList());
        }
        return rows;
    }
}
