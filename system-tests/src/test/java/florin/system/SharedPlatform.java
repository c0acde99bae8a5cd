package florin.system;

import florin.launcher.Platform;
import florin.launcher.PlatformConfiguration;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** Gives tests a {@link Bank} on one platform, which is started once for all of them and stopped after the last. */
final class SharedPlatform implements ParameterResolver {
    private static final ExtensionContext.Namespace NAMESPACE = ExtensionContext.Namespace.create(SharedPlatform.class);

    /** The repository, whose built jars are started. */
    static Path root() {
        String told = System.getProperty("florin.root");
        return told != null ? Path.of(told) : Path.of("").toAbsolutePath().getParent();
    }

    /** A new folder among the build's output, so that its logs can be read after a failure. */
    static Path newFolder() {
        try {
            Path parent = Files.createDirectories(root().resolve("system-tests/target/platforms"));
            return Files.createTempDirectory(parent, "platform-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Bank.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Running running = context.getRoot()
                .getStore(NAMESPACE)
                .computeIfAbsent("platform", key -> Running.start(), Running.class);
        return new Bank(running.platform());
    }

    private record Running(Platform platform) implements AutoCloseable {
        static Running start() {
            Platform platform =
                    Platform.start(PlatformConfiguration.of(root(), newFolder()).withProgress(System.out::println));
            // A build that is cancelled leaves nothing running either.
            Runtime.getRuntime().addShutdownHook(new Thread(platform::close, "stop-platform"));
            return new Running(platform);
        }

        @Override
        public void close() {
            platform.close();
        }
    }
}
