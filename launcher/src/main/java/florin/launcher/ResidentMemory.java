package florin.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.stream.Stream;

/** How much memory the launcher and all that it started hold; known on Linux only. */
final class ResidentMemory {
    private static final long KIBIBYTES_PER_MEBIBYTE = 1024;

    private ResidentMemory() {}

    static OptionalLong mebibytes(Platform platform) {
        if (!Files.exists(Path.of("/proc/self/status"))) {
            return OptionalLong.empty();
        }
        Stream<Long> children = platform.names().stream()
                .map(platform::pid)
                .flatMap(pid -> Stream.concat(
                        Stream.of(pid),
                        ProcessHandle.of(pid).stream()
                                .flatMap(ProcessHandle::descendants)
                                .map(ProcessHandle::pid)));
        long kibibytes = Stream.concat(Stream.of(ProcessHandle.current().pid()), children)
                .mapToLong(ResidentMemory::kibibytes)
                .sum();
        return OptionalLong.of(kibibytes / KIBIBYTES_PER_MEBIBYTE);
    }

    private static long kibibytes(long pid) {
        try (Stream<String> lines = Files.lines(Path.of("/proc", Long.toString(pid), "status"))) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .sum();
        } catch (IOException e) {
            return 0; // it has just ended
        }
    }
}
