package florin.eventstore.storage;

import static florin.eventstore.storage.StoreFixture.append;
import static florin.eventstore.storage.StoreFixture.event;
import static florin.eventstore.storage.StoreFixture.newEvents;
import static florin.eventstore.storage.StoreFixture.readAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.Uninterruptibles;
import florin.eventstore.protocol.Refusal;
import io.axoniq.axonserver.connector.ErrorCategory;
import io.axoniq.axonserver.grpc.event.Event;
import io.grpc.Status;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rocksdb.FlushOptions;
import org.rocksdb.TickerType;

/** Whatever happens to the thread that writes, it answers and goes on. */
class EventWriterTest {
    @TempDir
    private Path temporary;

    private StoreFixture fixture;
    private EventStorage storage;

    @BeforeEach
    void open() throws Exception {
        fixture = new StoreFixture(temporary.resolve("native"));
        storage = fixture.open(temporary.resolve("store"));
        append(storage, event("a", 0, "before"));
    }

    @AfterEach
    void close() {
        storage.close();
        fixture.close();
    }

    @Test
    void anErrorWhileATransactionIsPreparedRefusesItAndTheNextOneIsWritten() {
        assertRefused(failing());
        appendWhenItCanBeWritten(event("a", 1, "after"));
        assertThat(readAll(storage)).containsExactly(event("a", 0, "before"), event("a", 1, "after"));
    }

    @Test
    void whileTheStoreCanBeOpenedNeitherForWritingNorForReadingReadersAreToldSo() throws Exception {
        Path current = temporary.resolve("store/CURRENT");
        Path elsewhere = temporary.resolve("CURRENT");
        Files.move(current, elsewhere);
        assertRefused(failing());
        await().atMost(30, TimeUnit.SECONDS).untilAsserted(() -> assertThatThrownBy(() -> storage.highestSequence("a"))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining("could not be opened again")
                .extracting(refusal -> ((Refusal) refusal).category())
                .isEqualTo(ErrorCategory.DATAFILE_READ_ERROR));
        await().atMost(30, TimeUnit.SECONDS)
                .untilAsserted(() -> assertThat(storage.hindrance()).contains("CURRENT is missing"));

        Files.move(elsewhere, current);

        appendWhenItCanBeWritten(event("a", 1, "after"));
        assertThat(readAll(storage)).containsExactly(event("a", 0, "before"), event("a", 1, "after"));
    }

    @Test
    void whatCannotBeComparedWithTheEventsBeforeIsRefusedBecauseTheyCannotBeRead() throws Exception {
        storage.reading(database -> {
            try (FlushOptions options = new FlushOptions().setWaitForFlush(true)) {
                database.rocks.flush(options, database.aggregates);
            }
            return null;
        });
        storage.close();
        for (Path table : StoreFixture.files(temporary.resolve("store"), ".sst")) {
            byte[] bytes = Files.readAllBytes(table);
            bytes[0] ^= 1;
            Files.write(table, bytes);
        }
        storage = fixture.open(temporary.resolve("store"));

        for (long sequence : new long[] {0, 1}) {
            assertThatThrownBy(() -> append(storage, event("a", sequence, "again")))
                    .cause()
                    .isInstanceOf(Refusal.class)
                    .extracting(refusal -> ((Refusal) refusal).category())
                    .isEqualTo(ErrorCategory.DATAFILE_READ_ERROR);
        }
    }

    /** A longer one is looked up in the store each time. */
    @Test
    void onlyShortIdentifiersOfAggregatesAreRemembered() throws Exception {
        for (int length : new int[] {128, 129}) {
            String identifier = "x".repeat(length);
            append(storage, event(identifier, 0, "one"));
            long before = seeks();
            append(storage, event(identifier, 1, "two"));
            assertThat(seeks() - before).isEqualTo(length == 128 ? 0 : 1);
        }
    }

    private long seeks() {
        return fixture.resources.statistics().getTickerCount(TickerType.NUMBER_DB_SEEK);
    }

    private static List<NewEvent> failing() {
        return new AbstractList<>() {
            @Override
            public NewEvent get(int index) {
                if (Thread.currentThread().getName().equals("event-writer")) {
                    throw new StackOverflowError("too deep");
                }
                return NewEvent.of(event("a", 1, "lost"));
            }

            @Override
            public int size() {
                return 1;
            }
        };
    }

    @Test
    void aListenerThatFailsHoldsUpNeitherTheAnswerNorTheOtherListeners() throws Exception {
        AtomicInteger told = new AtomicInteger();
        storage.onCommit(() -> {
            throw new AssertionError("nobody listens");
        });
        storage.onCommit(told::incrementAndGet);
        for (int number = 1; number <= 2; number++) {
            int before = told.get();
            assertThat(append(storage, event("a", number, "one"))).isEqualTo(number);
            await().atMost(30, TimeUnit.SECONDS).until(() -> told.get() > before);
        }
    }

    @Test
    void whatAStoreKeepsInMemoryIsWrittenOutWhenNobodyWritesToIt() {
        Path store = temporary.resolve("store");
        await().atMost(60, TimeUnit.SECONDS)
                .until(() -> !StoreFixture.files(store, ".sst").isEmpty());
        assertThat(readAll(storage)).containsExactly(event("a", 0, "before"));
    }

    @Test
    void readersAreToldOfTheLastEventAlthoughNoneFollows() throws Exception {
        AtomicLong seen = new AtomicLong();
        storage.onCommit(() -> seen.set(storage.lastIndex()));
        for (int round = 1; round <= 100; round++) {
            for (int number = 0; number < 3; number++) {
                append(storage, event("round-" + round, number, "x"));
            }
            await().atMost(30, TimeUnit.SECONDS)
                    .pollInterval(Duration.ofMillis(1))
                    .until(() -> seen.get() == storage.lastIndex());
        }
    }

    /** Meanwhile a listener holds the writer up. */
    @ParameterizedTest
    @CsvSource({"8192, 1", "8, 8300000"})
    void oneThatWouldBeTooManyToWaitIsRefusedAndThoseThatWaitAreWritten(int most, int bytes) throws Exception {
        CountDownLatch isHeldUp = new CountDownLatch(1);
        CountDownLatch goesOn = new CountDownLatch(1);
        storage.onCommit(() -> {
            if (storage.lastIndex() > 0) {
                isHeldUp.countDown();
                Uninterruptibles.awaitUninterruptibly(goesOn);
            }
        });
        append(storage, event("a", 1, "after this one"));
        assertThat(isHeldUp.await(30, TimeUnit.SECONDS)).isTrue();
        String text = "x".repeat(bytes);
        List<CompletableFuture<Long>> waiting = new ArrayList<>();
        try {
            for (int number = 0; number < most; number++) {
                waiting.add(
                        storage.append(newEvents(event("waits", number, text))).toCompletableFuture());
            }
            assertThat(storage.append(newEvents(event("waits", most, text))).toCompletableFuture())
                    .failsWithin(Duration.ofSeconds(30))
                    .withThrowableThat()
                    .havingCause()
                    .isInstanceOfSatisfying(Refusal.class, refusal -> {
                        assertThat(refusal.status()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
                        assertThat(refusal.category()).isEqualTo(ErrorCategory.DATAFILE_WRITE_ERROR);
                    })
                    .withMessageContaining("too many appends wait to be written (" + most + ")");
            assertThat(waiting).noneMatch(CompletableFuture::isDone);
        } finally {
            goesOn.countDown();
        }
        for (CompletableFuture<Long> each : waiting) {
            each.get(60, TimeUnit.SECONDS);
        }
        append(storage, event("waits", most, "there is room again"));
        assertThat(storage.highestSequence("waits")).isEqualTo(most);
    }

    @Test
    void appendsToAllContextsThatWaitAreBoundedTogether() throws Exception {
        CountDownLatch goesOn = new CountDownLatch(1);
        List<EventStorage> stores = new ArrayList<>();
        List<CompletableFuture<Long>> waiting = new ArrayList<>();
        String text = "x".repeat(8_300_000);
        try {
            for (int number = 0; number * EventWriter.MAX_QUEUED_BYTES <= StorageResources.MAX_QUEUED_BYTES; number++) {
                EventStorage store = fixture.open(temporary.resolve("store " + number));
                stores.add(store);
                CountDownLatch isHeldUp = new CountDownLatch(1);
                store.onCommit(() -> {
                    isHeldUp.countDown();
                    Uninterruptibles.awaitUninterruptibly(goesOn);
                });
                append(store, event("a", 0, "after this one"));
                assertThat(isHeldUp.await(30, TimeUnit.SECONDS)).isTrue();
                for (int sequence = 0; sequence < 8; sequence++) {
                    waiting.add(store.append(newEvents(event("waits", sequence, text)))
                            .toCompletableFuture());
                }
            }
            assertThat(waiting)
                    .filteredOn(CompletableFuture::isDone)
                    .isNotEmpty()
                    .allSatisfy(refused -> assertThat(refused)
                            .failsWithin(Duration.ZERO)
                            .withThrowableThat()
                            .withMessageContaining("too many appends wait to be written"));
            long accepted = waiting.stream().filter(each -> !each.isDone()).count();
            assertThat(accepted * text.length())
                    .isBetween(
                            StorageResources.MAX_QUEUED_BYTES - 2L * text.length(), StorageResources.MAX_QUEUED_BYTES);
        } finally {
            goesOn.countDown();
            for (EventStorage store : stores) {
                store.close();
            }
        }
        append(storage, event("a", 1, "there is room again"));
    }

    /** So many together, whatever the number of contexts. */
    @Test
    void eachContextRemembersItsPartOfTheAggregates() throws Exception {
        int part = 32_768;
        for (int first = 0; first < 2 * part; first += part) {
            List<NewEvent> firstEvents = IntStream.range(first, first + part)
                    .mapToObj(number -> NewEvent.of(event("aggregate-" + number, 0, "one")))
                    .toList();
            storage.append(firstEvents).toCompletableFuture().get(60, TimeUnit.SECONDS);
        }
        AtomicInteger oldest = new AtomicInteger();
        assertThat(seeksToAppendTo(oldest.getAndIncrement())).isZero();

        EventStorage another = fixture.open(temporary.resolve("another"));

        await().atMost(30, TimeUnit.SECONDS).until(() -> seeksToAppendTo(oldest.getAndIncrement()) == 1);
        assertThat(seeksToAppendTo(2 * part - 1)).isZero();
        another.close();
    }

    private long seeksToAppendTo(int aggregate) throws Exception {
        long before = seeks();
        append(storage, event("aggregate-" + aggregate, 1, "two"));
        return seeks() - before;
    }

    /** Each has objects of its own, and they are far larger. */
    @Test
    void ofATransactionOfManySmallEventsMoreIsCountedThanTheirBytes() {
        NewEvent small = NewEvent.of(Event.getDefaultInstance());
        assertThat(PendingWrite.ofEvents(Collections.nCopies(32_768, small)).bytes)
                .isGreaterThanOrEqualTo(8 << 20);
    }

    private void assertRefused(List<NewEvent> transaction) {
        assertThatThrownBy(
                        () -> storage.append(transaction).toCompletableFuture().get(30, TimeUnit.SECONDS))
                .cause()
                .isInstanceOf(Refusal.class)
                .hasMessageContaining("could not be written");
    }

    private void appendWhenItCanBeWritten(Event event) {
        await().atMost(30, TimeUnit.SECONDS).ignoreExceptions().untilAsserted(() -> append(storage, event));
    }
}
