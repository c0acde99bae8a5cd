package florin.eventstore.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.google.common.util.concurrent.Uninterruptibles;
import florin.eventstore.protocol.Refusal;
import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ContextsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    private Path data;

    /** Whoever comes while the files of one are deleted; with luck they are not all gone when it has its answer. */
    @Test
    void aContextIsMadeWhileTheFilesOfAnotherAreDeleted() {
        try (Contexts contexts = new Contexts(data, StoreFixture.CONFIGURATION)) {
            contexts.open();
            AtomicInteger round = new AtomicInteger();
            await().atMost(PATIENCE).until(() -> {
                String name = "round" + round.incrementAndGet();
                CompletableFuture<Boolean> deleted = makeAndDelete(contexts, name, 10_000);
                await().atMost(PATIENCE)
                        .pollInterval(Duration.ofMillis(1))
                        .until(() -> Files.notExists(data.resolve("contexts").resolve(name)));

                assertThat(contexts.create("another" + round)).isTrue();

                boolean isDeleting = hasFiles(data.resolve("deleted"));
                assertThat(deleted.get(60, TimeUnit.SECONDS)).isTrue();
                assertThat(hasFiles(data.resolve("deleted"))).isFalse();
                return isDeleting;
            });
        }
    }

    /** With it would wait the threads that carry out calls of all contexts. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whileAContextIsDeletedOrEmptiedWhoWantsItIsRefusedAndNobodyWaits(boolean isPurged) throws Exception {
        CountDownLatch isClosing = new CountDownLatch(1);
        CountDownLatch goesOn = new CountDownLatch(1);
        try (Contexts contexts = new Contexts(data, StoreFixture.CONFIGURATION)) {
            contexts.onClose(name -> {
                isClosing.countDown();
                Uninterruptibles.awaitUninterruptibly(goesOn);
            });
            contexts.open();
            contexts.create("orders");
            CompletableFuture<Boolean> closed = CompletableFuture.supplyAsync(
                    () -> isPurged ? contexts.purge("orders") : contexts.delete("orders"));
            assertThat(isClosing.await(30, TimeUnit.SECONDS)).isTrue();
            try {
                assertTimeoutPreemptively(PATIENCE, () -> {
                    assertThatThrownBy(() -> contexts.get("orders"))
                            .isInstanceOfSatisfying(Refusal.class, refusal -> assertThat(refusal.status())
                                    .isEqualTo(Status.Code.UNAVAILABLE))
                            .hasMessageContaining("context orders is being deleted or emptied; try again");
                    assertThat(contexts.create("another")).isTrue();
                });
            } finally {
                goesOn.countDown();
            }

            assertThat(closed.get(60, TimeUnit.SECONDS)).isTrue();
            assertThat(contexts.isOpen("orders")).isEqualTo(isPurged);
            assertThat(contexts.get("orders").lastIndex()).isEqualTo(-1);
        }
    }

    @Test
    void aNodeEndsWhenWhatItDeletesIsClosed() throws Exception {
        CountDownLatch isClosing = new CountDownLatch(1);
        CountDownLatch goesOn = new CountDownLatch(1);
        Contexts contexts = new Contexts(data, StoreFixture.CONFIGURATION);
        contexts.onClose(name -> {
            isClosing.countDown();
            Uninterruptibles.awaitUninterruptibly(goesOn);
        });
        contexts.open();
        contexts.create("orders");
        CompletableFuture<Boolean> deleted = CompletableFuture.supplyAsync(() -> contexts.delete("orders"));
        assertThat(isClosing.await(30, TimeUnit.SECONDS)).isTrue();
        Thread closes = new Thread(contexts::close);
        closes.start();
        await().until(() -> closes.getState() == Thread.State.WAITING);

        goesOn.countDown();

        closes.join(PATIENCE.toMillis());
        assertThat(closes.isAlive()).isFalse();
        assertThat(deleted.get(60, TimeUnit.SECONDS)).isTrue();
    }

    /** With luck the last file comes when its folder was looked through already. */
    @Test
    void whatCouldNotBeDeletedOfADeletedContextIsLeftToTheNextStart() {
        try (Contexts contexts = new Contexts(data, StoreFixture.CONFIGURATION)) {
            contexts.open();
            AtomicInteger round = new AtomicInteger();
            await().atMost(PATIENCE).until(() -> {
                String name = "round" + round.incrementAndGet();
                CompletableFuture<Boolean> deleted = makeAndDelete(contexts, name, 1000);
                for (int file = 0; !deleted.isDone(); file++) {
                    addToDeleted("late " + file);
                }

                assertThat(deleted.get(60, TimeUnit.SECONDS)).isTrue();
                assertThat(contexts.names()).doesNotContain(name);
                return hasFiles(data.resolve("deleted"));
            });
        }
        try (Contexts next = new Contexts(data, StoreFixture.CONFIGURATION)) {
            next.open();
            assertThat(data.resolve("deleted")).doesNotExist();
        }
    }

    /** With so many more files that its deletion takes a while. */
    private CompletableFuture<Boolean> makeAndDelete(Contexts contexts, String name, int files) throws IOException {
        contexts.create(name);
        for (int file = 0; file < files; file++) {
            Files.createFile(data.resolve("contexts").resolve(name).resolve("file " + file));
        }
        return CompletableFuture.supplyAsync(() -> contexts.delete(name));
    }

    private void addToDeleted(String file) throws IOException {
        Path deleted = data.resolve("deleted");
        if (Files.exists(deleted)) {
            try (Stream<Path> contexts = Files.list(deleted)) {
                for (Path context : contexts.toList()) {
                    Files.createFile(context.resolve(file));
                }
            } catch (NoSuchFileException e) {
                // It is deleted as a whole.
            }
        }
    }

    @Test
    void aSecondProcessByMistakeLeavesTheFilesOfTheFirstAlone() throws Exception {
        try (Contexts contexts = new Contexts(data, StoreFixture.CONFIGURATION);
                Contexts second = new Contexts(data, StoreFixture.CONFIGURATION)) {
            contexts.open();
            Path checkpoint = Files.createDirectories(data.resolve("checkpoints/default.tmp"));
            Path leaving = Files.createDirectories(data.resolve("deleted/context"));

            assertThatThrownBy(second::open).hasMessageContaining("is in use by another process");

            assertThat(checkpoint).isDirectory();
            assertThat(leaving).isDirectory();
        }
        try (Contexts next = new Contexts(data, StoreFixture.CONFIGURATION)) {
            next.open();
            assertThat(data.resolve("checkpoints")).doesNotExist();
            assertThat(data.resolve("deleted")).doesNotExist();
        }
    }

    /** As on a full disk, which has room again when these files are gone. */
    @Test
    void whatIsLeftOfDeletedContextsIsRemovedAlthoughTheDefaultContextCannotBeOpened() throws Exception {
        try (Contexts contexts = new Contexts(data, StoreFixture.CONFIGURATION)) {
            contexts.open();
        }
        Files.delete(data.resolve("contexts/default/CURRENT"));
        Files.createDirectories(data.resolve("deleted/context"));
        try (Contexts next = new Contexts(data, StoreFixture.CONFIGURATION)) {
            assertThatThrownBy(next::open).hasMessageContaining("CURRENT is missing");
            assertThat(data.resolve("deleted")).doesNotExist();
        }
    }

    @Test
    void whoWritesToAContextThatWasDeletedIsToldSo() {
        try (Contexts contexts = new Contexts(data, StoreFixture.CONFIGURATION)) {
            contexts.open();
            EventStorage storage = contexts.get("orders");

            contexts.delete("orders");

            assertThatThrownBy(() -> StoreFixture.append(storage, StoreFixture.event("a", 0, "late")))
                    .hasMessageContaining("the context was closed or deleted");
        }
    }

    /** A loss of power would show it; the Flight Recorder sees what is synced. */
    @Test
    void theFolderInWhichAContextIsMadeOrDeletedIsSynced(@TempDir Path recordings) throws Exception {
        String folder = data.resolve("contexts").toString();
        try (Contexts contexts = new Contexts(data, StoreFixture.CONFIGURATION)) {
            assertThat(syncedBy(contexts::open, recordings)).contains(data.toString(), folder);
            assertThat(syncedBy(() -> contexts.get("orders"), recordings)).contains(folder);
            assertThat(syncedBy(() -> contexts.delete("orders"), recordings)).contains(folder);
        }
    }

    private static List<String> syncedBy(Runnable step, Path recordings) throws IOException {
        Path file = recordings.resolve("recording.jfr");
        try (Recording recording = new Recording()) {
            recording.enable("jdk.FileForce").withThreshold(Duration.ZERO);
            recording.start();
            step.run();
            recording.stop();
            recording.dump(file);
        }
        return RecordingFile.readAllEvents(file).stream()
                .map(event -> event.getString("path"))
                .toList();
    }

    private static boolean hasFiles(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.findAny().isPresent();
        }
    }
}
