package florin.eventstore.streams;

import florin.eventstore.platform.Clients;
import florin.eventstore.storage.Contexts;
import florin.eventstore.storage.StorageConfiguration;
import java.nio.file.Path;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** The service of persistent streams without a connection, on a store of its own for each test. */
abstract class OneStreamService {
    @TempDir
    private Path data;

    private final ScheduledThreadPoolExecutor threads = new ScheduledThreadPoolExecutor(4);
    Contexts contexts;
    PersistentStreamRpc service;

    @BeforeEach
    void start() {
        contexts = new Contexts(data, StorageConfiguration.DEFAULT);
        service = new PersistentStreamRpc(contexts, new Clients(), threads, threads);
        contexts.open();
    }

    @AfterEach
    void stop() {
        threads.shutdownNow();
        contexts.close();
    }
}
