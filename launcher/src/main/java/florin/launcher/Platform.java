package florin.launcher;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * All processes of Florin on this machine: PostgreSQL, axon-server, the branches, transfer-saga and account-query. A process
 * that dies is started again until {@link #close()}.
 */
public final class Platform implements AutoCloseable {
    public static final String POSTGRESQL = "postgresql";
    public static final String AXON_SERVER = "axon-server";
    public static final String ACCOUNT_COMMAND_FLNO = "account-command-flno";
    public static final String ACCOUNT_COMMAND_FLSO = "account-command-flso";
    public static final String TRANSFER_SAGA = "transfer-saga";
    public static final String ACCOUNT_QUERY = "account-query";

    private static final Duration BRIEF_START_TIMEOUT = Duration.ofMinutes(3);
    /** The migration of a large database takes its time; one that is given up begins anew. */
    private static final Duration START_TIMEOUT = Duration.ofHours(1);

    private static final long WORD_SECONDS = 60;
    private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(2);
    private static final long POLL_MILLIS = 100;
    private static final int HEAP_MEBIBYTES = 256;

    private final PlatformConfiguration configuration;
    private final DataFolder folder;
    private final DatabaseAccounts accounts;
    private final PostgresqlServer postgresql;
    private final Map<String, ManagedProcess> processes = new LinkedHashMap<>();
    private final Map<String, URI> urls = new LinkedHashMap<>();
    private final List<JavaProgram> programs = new ArrayList<>();
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(PROBE_TIMEOUT).build();
    private final Object closing = new Object();
    private volatile boolean allReady;
    private long nextWord = WORD_SECONDS;
    private boolean closed;

    private Platform(PlatformConfiguration configuration, DataFolder folder) {
        this.configuration = configuration;
        this.folder = folder;
        PlatformPorts ports = configuration.ports();
        Path cache = configuration.cache();
        Path data = configuration.data();
        accounts = DatabaseAccounts.readOrCreate(DataFolder.passwords(data));

        CompletableFuture<JavaProgram> axonServer = unpack("axon-server", cache);
        CompletableFuture<JavaProgram> accountCommand = unpack("account-command", cache);
        CompletableFuture<JavaProgram> transferSaga = unpack("transfer-saga", cache);
        CompletableFuture<JavaProgram> accountQuery = unpack("account-query", cache);
        postgresql = new PostgresqlServer(
                cache,
                data.resolve("postgresql"),
                log(POSTGRESQL),
                ports.postgresql(),
                accounts,
                configuration.progress(),
                this::writeState);
        processes.put(POSTGRESQL, postgresql.process());
        addAxonServer(result(axonServer));
        Map<String, JavaProgram> services = Map.of(
                ACCOUNT_COMMAND_FLNO, result(accountCommand),
                ACCOUNT_COMMAND_FLSO, result(accountCommand),
                TRANSFER_SAGA, result(transferSaga),
                ACCOUNT_QUERY, result(accountQuery));
        int instance = 1;
        addServices(instance, services, ports);
        for (PlatformPorts others : configuration.furtherInstances()) {
            instance++;
            addServices(instance, services, others);
        }
    }

    private void addServices(int instance, Map<String, JavaProgram> services, PlatformPorts ports) {
        addService(ACCOUNT_COMMAND_FLNO, instance, services, ports.accountCommandFlno(), "account_flno", "FLNO");
        addService(ACCOUNT_COMMAND_FLSO, instance, services, ports.accountCommandFlso(), "account_flso", "FLSO");
        addService(TRANSFER_SAGA, instance, services, ports.transferSaga(), "transfer_saga", "");
        addService(ACCOUNT_QUERY, instance, services, ports.accountQuery(), "account_query", "");
    }

    /** The process of a service's instance, counted from 1: the first one has the service's name. */
    public static String instance(String service, int number) {
        return number == 1 ? service : service + "-" + number;
    }

    /** The processes of so many instances of a service. */
    public static List<String> instances(String service, int number) {
        return IntStream.rangeClosed(1, number)
                .mapToObj(instance -> instance(service, instance))
                .toList();
    }

    /**
     * Starts everything and returns when every process is ready.
     *
     * @throws LauncherException if a port is taken, the data folder is in use or a process does not start; nothing is left
     *     running then
     */
    public static Platform start(PlatformConfiguration configuration) {
        Platform platform = prepare(configuration);
        try {
            platform.startAll();
            return platform;
        } catch (RuntimeException e) {
            platform.close();
            throw e;
        }
    }

    /** Takes the data folder and unpacks programs, and starts nothing yet: for who wants to be able to close it meanwhile. */
    public static Platform prepare(PlatformConfiguration configuration) {
        DataFolder folder = DataFolder.lock(configuration.data());
        try {
            Leftovers.stop(configuration.data(), configuration.progress());
            configuration.ports().requireFree();
            // So that down finds this launcher while it unpacks.
            writeState(configuration.data(), Map.of());
            try {
                return new Platform(configuration, folder);
            } catch (RuntimeException e) {
                deleteState(configuration.data());
                throw e;
            }
        } catch (RuntimeException e) {
            folder.close();
            throw e;
        }
    }

    private CompletableFuture<JavaProgram> unpack(String module, Path cache) {
        Path jar = configuration.root().resolve(module).resolve("target").resolve(module + ".jar");
        return CompletableFuture.supplyAsync(() -> JavaProgram.unpack(jar, cache));
    }

    private static <T> T result(CompletableFuture<T> future) {
        try {
            return future.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw e;
        }
    }

    private void addAxonServer(JavaProgram program) {
        PlatformPorts ports = configuration.ports();
        urls.put(AXON_SERVER, URI.create("http://localhost:" + ports.axonServerHttp()));
        List<String> arguments = List.of(
                "--data",
                configuration.data().resolve("axon-server").toString(),
                "--grpc-port",
                Integer.toString(ports.axonServerGrpc()),
                "--http-port",
                Integer.toString(ports.axonServerHttp()));
        add(AXON_SERVER, program, true, List.of("-XX:MaxDirectMemorySize=64m"), arguments, Map.of());
    }

    /** {@code branch} is empty for what is not a branch. */
    private void addService(
            String service, int instance, Map<String, JavaProgram> services, int port, String database, String branch) {
        String name = instance(service, instance);
        urls.put(name, URI.create("http://localhost:" + port));
        Map<String, String> environment = new LinkedHashMap<>();
        if (!branch.isEmpty()) {
            environment.put("FLORIN_BRANCH", branch);
        }
        environment.put("SERVER_PORT", Integer.toString(port));
        environment.put("SERVER_ADDRESS", "127.0.0.1");
        environment.put("SPRING_APPLICATION_NAME", service);
        environment.put(
                "AXON_AXONSERVER_SERVERS", "localhost:" + configuration.ports().axonServerGrpc());
        environment.put("SPRING_DATASOURCE_URL", jdbcUrl(database));
        environment.put("SPRING_DATASOURCE_USERNAME", database);
        environment.put("SPRING_DATASOURCE_PASSWORD", accounts.password(database));
        environment.putAll(configuration.environment().getOrDefault(name, Map.of()));
        JavaProgram program = services.get(service);
        boolean writesArchive = !programs.contains(program); // The first process of a program does.
        add(name, program, writesArchive, List.of("-XX:MaxDirectMemorySize=64m"), List.of(), environment);
    }

    private void add(
            String name,
            JavaProgram program,
            boolean writesArchive,
            List<String> flags,
            List<String> arguments,
            Map<String, String> environment) {
        if (!programs.contains(program)) {
            programs.add(program);
        }
        processes.put(
                name,
                new ManagedProcess(
                        name,
                        () -> program.command(
                                HEAP_MEBIBYTES,
                                writesArchive && configuration.writesArchives(),
                                configuration.isBrief(),
                                flags,
                                arguments),
                        environment,
                        log(name),
                        false,
                        configuration.progress(),
                        this::writeState));
    }

    /** Starts what {@link #prepare} has made ready, and returns when every process is ready. */
    public void startAll() {
        long startNanos = System.nanoTime();
        if (configuration.writesArchives() && programs.stream().anyMatch(program -> !program.hasArchive())) {
            say("The first start of these programs takes longer: class-data archives are written when they stop");
        }
        writeState();
        say("Starting " + AXON_SERVER);
        processes.get(AXON_SERVER).start();
        say("Starting " + POSTGRESQL);
        postgresql.start(() -> requireAliveAndInTime(startNanos, List.of(POSTGRESQL)));
        say(POSTGRESQL + " is ready (" + seconds(startNanos) + ")");
        awaitReady(List.of(AXON_SERVER), startNanos);
        List<String> services = new ArrayList<>(processes.keySet());
        services.removeAll(List.of(POSTGRESQL, AXON_SERVER));
        for (String service : services) {
            say("Starting " + service);
            processes.get(service).start();
        }
        awaitReady(services, startNanos);
        allReady = true;
        processes.values().forEach(ManagedProcess::supervise);
    }

    private void awaitReady(List<String> names, long startNanos) {
        List<String> waiting = new ArrayList<>(names);
        while (!waiting.isEmpty()) {
            requireAliveAndInTime(startNanos, waiting);
            List<String> ready = waiting.stream().filter(this::isReady).toList();
            ready.forEach(name -> say(name + " is ready (" + seconds(startNanos) + ")"));
            waiting.removeAll(ready);
            Pause.millis(POLL_MILLIS);
        }
    }

    /** Nor do services become ready without what has started before them. */
    private void requireAliveAndInTime(long startNanos, List<String> waiting) {
        Stream.concat(Stream.of(POSTGRESQL, AXON_SERVER), waiting.stream()).forEach(this::requireAlive);
        requireTime(startNanos, waiting);
    }

    private void requireAlive(String name) {
        ManagedProcess process = processes.get(name);
        process.exitCode().ifPresent(exitCode -> {
            throw new LauncherException("The process " + name + " ended with exit code " + exitCode
                    + " before all were ready; its log " + process.log() + " ends with:\n" + process.logTail(15));
        });
    }

    private void requireTime(long startNanos, List<String> waiting) {
        Duration timeout = configuration.isBrief() ? BRIEF_START_TIMEOUT : START_TIMEOUT;
        long seconds = Duration.ofNanos(System.nanoTime() - startNanos).toSeconds();
        String where = String.join(", ", waiting) + "; see the logs in " + DataFolder.logs(configuration.data());
        if (seconds > timeout.toSeconds()) {
            throw new LauncherException("Not ready within " + timeout.toSeconds() + " s: " + where + ".");
        }
        if (seconds >= nextWord) {
            nextWord = seconds + WORD_SECONDS;
            say("Not ready after " + seconds + " s: " + where);
        }
    }

    private static String seconds(long startNanos) {
        long millis = Duration.ofNanos(System.nanoTime() - startNanos).toMillis();
        return millis / 1000 + "." + millis % 1000 / 100 + " s";
    }

    private void say(String line) {
        configuration.progress().accept(line);
    }

    /** Every process by name, PostgreSQL first. */
    public List<String> names() {
        return List.copyOf(processes.keySet());
    }

    /** The HTTP address of a process that has one. */
    public URI url(String name) {
        URI url = urls.get(name);
        if (url == null) {
            throw new IllegalArgumentException("no HTTP address: " + name);
        }
        return url;
    }

    /** The JDBC URL of a service's database, without credentials. */
    public String jdbcUrl(String database) {
        return configuration.databaseUrls().getOrDefault(database, postgresql.jdbcUrl(database));
    }

    /** The password of a database's login. */
    public String password(String login) {
        return accounts.password(login);
    }

    /** The file that a process writes its output to. */
    public Path log(String name) {
        return DataFolder.logs(configuration.data()).resolve(name + ".log");
    }

    /** How often a process was started again. */
    public int restarts(String name) {
        return process(name).restarts();
    }

    /** The number of the process, another one after a restart. */
    public long pid(String name) {
        return process(name).pid();
    }

    /** {@code kill -9}, of its children too; returns when the process is dead. It is started again soon after. */
    public void kill(String name) {
        process(name).kill();
    }

    /** Asks the process to end in order, as an update would; false if it is dead. It is started again once it has ended. */
    public boolean terminate(String name) {
        return process(name).terminate();
    }

    /** SIGSTOP, to its children too; false if it is dead, or about to be started again. */
    public boolean pause(String name) {
        return process(name).pause();
    }

    /** SIGCONT, to its children too. */
    public void resume(String name) {
        process(name).resume();
    }

    /** Whether the process answers that it is ready. */
    public boolean isReady(String name) {
        if (name.equals(POSTGRESQL)) {
            return postgresql.isReady();
        }
        HttpRequest request =
                HttpRequest.newBuilder(health(name)).timeout(PROBE_TIMEOUT).build();
        try {
            return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LauncherException("Interrupted.", e);
        }
    }

    /** Waits until the process is ready, through restarts if need be. */
    public void awaitReady(String name, Duration timeout) {
        long end = System.nanoTime() + timeout.toNanos();
        while (!isReady(name)) {
            if (System.nanoTime() > end) {
                throw new LauncherException(
                        name + " is not ready within " + timeout.toSeconds() + " s; see " + log(name) + ".");
            }
            Pause.millis(POLL_MILLIS);
        }
    }

    private URI health(String name) {
        return url(name).resolve(name.equals(AXON_SERVER) ? "/actuator/health" : "/actuator/health/readiness");
    }

    private ManagedProcess process(String name) {
        ManagedProcess process = processes.get(name);
        if (process == null) {
            throw new IllegalArgumentException("no such process: " + name);
        }
        return process;
    }

    private synchronized void writeState() {
        if (closed) {
            return;
        }
        Map<String, RunningState.Entry> entries = new LinkedHashMap<>();
        processes.forEach((name, process) -> {
            boolean isPostgresql = name.equals(POSTGRESQL);
            String url = isPostgresql ? postgresql.jdbcUrl("") : url(name).toString();
            String health = isPostgresql ? "" : health(name).toString();
            entries.put(name, RunningState.Entry.of(process.pid(), process.restarts(), url, health));
        });
        writeState(configuration.data(), entries);
    }

    private static void writeState(Path data, Map<String, RunningState.Entry> processes) {
        new RunningState(RunningState.Entry.of(ProcessHandle.current().pid(), 0, "", ""), processes)
                .write(DataFolder.stateFile(data));
    }

    private static void deleteState(Path data) {
        try {
            Files.deleteIfExists(DataFolder.stateFile(data));
        } catch (IOException e) {
            throw new LauncherException("The state file cannot be deleted: " + LauncherException.reason(e) + ".", e);
        }
    }

    /** Stops everything: services first, then axon-server, then PostgreSQL. Who comes second waits until that is done. */
    @Override
    public void close() {
        synchronized (closing) {
            stopAll();
        }
    }

    private void stopAll() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        try {
            List<ManagedProcess> services = processes.values().stream()
                    .filter(process -> !List.of(POSTGRESQL, AXON_SERVER).contains(process.name()))
                    .toList();
            services.forEach(ManagedProcess::requestStop);
            services.forEach(ManagedProcess::stop);
            processes.get(AXON_SERVER).stop();
            postgresql.close();
            if (allReady) {
                programs.forEach(JavaProgram::keepArchive);
            } else {
                programs.forEach(JavaProgram::dropArchive);
            }
            deleteState(configuration.data());
        } finally {
            folder.close();
        }
    }
}
