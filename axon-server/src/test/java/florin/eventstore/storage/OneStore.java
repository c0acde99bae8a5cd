package florin.eventstore.storage;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A store of its own for each test. */
abstract class OneStore {
    @TempDir
    Path folder;

    StoreFixture fixture;
    EventStorage storage;

    @BeforeEach
    void open() {
        fixture = new StoreFixture(folder.resolve("native"));
        storage = fixture.open(folder.resolve("store"));
    }

    @AfterEach
    void close() {
        storage.close();
        fixture.close();
    }
}
