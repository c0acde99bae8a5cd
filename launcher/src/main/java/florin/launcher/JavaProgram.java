package florin.launcher;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.jar.JarFile;

/**
 * A jar of ours, unpacked once into the cache (by content and JDK version) and started with a class-data archive that the
 * first process of its kind wrote at its exit: a Spring Boot service then starts about three times as fast.
 */
final class JavaProgram {
    private static final List<String> FLAGS = List.of(
            "-XX:+UseSerialGC",
            "-XX:+ExitOnOutOfMemoryError",
            "-XX:ReservedCodeCacheSize=128m",
            // What a service loads as it starts; each time this is reached, the whole heap is collected.
            "-XX:MetaspaceSize=96m",
            "-Xss512k",
            "-Xshare:auto",
            "-Xlog:disable",
            "-Xlog:all=error:stderr",
            "-Dfile.encoding=UTF-8",
            "-Djava.awt.headless=true",
            // gRPC's Netty would take a stack trace for each hundredth buffer, to search for leaks.
            "-Dio.grpc.netty.shaded.io.netty.leakDetection.level=disabled");

    private final Path jar;
    private final Path archive;
    private final Path draft;

    private JavaProgram(Path jar, Path archive) {
        this.jar = jar;
        this.archive = archive;
        this.draft = archive.resolveSibling("draft-" + UUID.randomUUID() + ".jsa");
    }

    static Path java() {
        return Path.of(System.getProperty("java.home"), "bin", "java");
    }

    /** Unpacks {@code jar} into the cache unless it is there. */
    static JavaProgram unpack(Path jar, Path cache) {
        if (!Files.isRegularFile(jar)) {
            throw new LauncherException(
                    "The jar " + jar + " is missing: build it with mvn -DskipTests package in the repository's root.");
        }
        try {
            String name = jar.getFileName().toString();
            String key = Hashes.ofJar(jar) + "-" + Runtime.version();
            Path folder = cache.resolve(name.replace(".jar", "") + "-" + key.replace('+', '_'));
            UnpackedFolder.once(folder, content -> {
                if (!isSpringBootJar(jar)) {
                    Files.copy(jar, content.resolve(name));
                    return;
                }
                int exitCode = OperatingSystem.run(List.of(
                        java().toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-Djarmode=tools",
                        "-jar",
                        jar.toString(),
                        "extract",
                        "--force",
                        "--destination",
                        content.toString()));
                if (exitCode != 0 || !Files.exists(content.resolve(name))) {
                    throw new LauncherException("The jar " + jar + " cannot be unpacked into " + cache + ".");
                }
            });
            return new JavaProgram(folder.resolve(name), folder.resolve("classes.jsa"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isSpringBootJar(Path jar) throws IOException {
        try (JarFile file = new JarFile(jar.toFile())) {
            return file.getEntry("BOOT-INF/") != null;
        }
    }

    boolean hasArchive() {
        return Files.exists(archive);
    }

    /**
     * The command line.
     *
     * @param heapMebibytes largest heap
     * @param writeArchive write the class-data archive at exit, if there is none
     * @param isBrief whether the first compiler is enough
     */
    List<String> command(
            int heapMebibytes, boolean writeArchive, boolean isBrief, List<String> flags, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(java().toString());
        command.add("-Xmx" + heapMebibytes + "m");
        // The young generation as large as ever, the old one only as large as what lives needs.
        command.add("-Xms" + heapMebibytes / 2 + "m");
        command.add("-Xmn" + heapMebibytes / 3 + "m");
        command.addAll(FLAGS);
        if (isBrief) {
            command.add("-XX:TieredStopAtLevel=1");
        } else if (!OperatingSystem.isMac()) {
            // For the heap and the compiled code: a transfer runs through so much of both that looking up their pages
            // counts.
            command.add("-XX:+UseTransparentHugePages");
        }
        command.addAll(flags);
        if (Runtime.version().feature() >= 24) {
            command.add("--enable-native-access=ALL-UNNAMED");
            command.add("--sun-misc-unsafe-memory-access=allow");
        }
        if (hasArchive()) {
            command.add("-XX:SharedArchiveFile=" + archive);
        } else if (writeArchive) {
            command.add("-XX:ArchiveClassesAtExit=" + draft);
        }
        command.add("-jar");
        command.add(jar.toString());
        command.addAll(arguments);
        return command;
    }

    /** Puts the archive that a process wrote at its exit into its place. */
    void keepArchive() {
        try {
            if (Files.exists(draft)) {
                Files.move(draft, archive, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Deletes the archive of a process that did not get far. */
    void dropArchive() {
        try {
            Files.deleteIfExists(draft);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
