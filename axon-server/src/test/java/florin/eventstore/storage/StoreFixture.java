package florin.eventstore.storage;

import com.google.protobuf.ByteString;
import io.axoniq.axonserver.grpc.SerializedObject;
import io.axoniq.axonserver.grpc.event.Event;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.rocksdb.RocksIterator;

/** What the tests of the storage share: stores in folders, small events, copies of folders. */
final class StoreFixture implements AutoCloseable {
    static final StorageConfiguration CONFIGURATION = StorageConfiguration.DEFAULT.withMinFreeBytes(0);

    final StorageResources resources;

    StoreFixture(Path nativeFolder) {
        resources = new StorageResources(nativeFolder);
    }

    EventStorage open(Path folder) {
        return EventStorage.open(folder, resources, CONFIGURATION);
    }

    static Event event(String aggregate, long sequence, String text) {
        return Event.newBuilder()
                .setMessageIdentifier(aggregate + '/' + sequence)
                .setAggregateIdentifier(aggregate)
                .setAggregateSequenceNumber(sequence)
                .setAggregateType("Sample")
                .setTimestamp(1_700_000_000_000L + sequence)
                .setPayload(SerializedObject.newBuilder().setType("sample").setData(ByteString.copyFromUtf8(text)))
                .build();
    }

    static long append(EventStorage storage, Event... events) throws Exception {
        return storage.append(newEvents(events)).toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    static List<NewEvent> newEvents(Event... events) {
        return Stream.of(events).map(NewEvent::of).toList();
    }

    static List<Event> readAll(EventStorage storage) {
        List<Event> events = new ArrayList<>();
        while (events.size() <= storage.lastIndex()) {
            for (StoredEvent event : storage.read(events.size(), 1000, 1 << 20)) {
                events.add(event.event());
            }
        }
        return events;
    }

    /** Closes and opens the database once, after the next commit: on the writer's thread, as the writer does it. */
    static CompletableFuture<Void> reopenAtCommit(EventStorage storage) {
        CompletableFuture<Void> reopened = new CompletableFuture<>();
        AtomicBoolean hasBegun = new AtomicBoolean();
        storage.onCommit(() -> {
            if (hasBegun.compareAndSet(false, true)) {
                try {
                    storage.reopen();
                    reopened.complete(null);
                } catch (Exception e) {
                    reopened.completeExceptionally(e);
                }
            }
        });
        return reopened;
    }

    /** How many runs of events of an aggregate are kept together. */
    static long runs(EventStorage storage) {
        return storage.reading(database -> {
            long count = 0;
            try (RocksIterator iterator = database.rocks.newIterator(database.runs)) {
                for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
                    count++;
                }
            }
            return count;
        });
    }

    static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file)));
            }
        }
    }

    static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file :
                    files.sorted((left, right) -> right.compareTo(left)).toList()) {
                Files.delete(file);
            }
        }
    }

    /** The write-ahead logs of the folder that hold something, the oldest first. */
    static List<Path> logs(Path folder) throws IOException {
        return files(folder, ".log");
    }

    static Path lastLog(Path folder) throws IOException {
        List<Path> logs = logs(folder);
        return logs.get(logs.size() - 1);
    }

    /** Where the records of a log end to which something was added: behind it may be those of a log before. */
    static int endOf(byte[] before, byte[] after) {
        int end = after.length;
        while (end <= before.length && before[end - 1] == after[end - 1]) {
            end--;
        }
        return end;
    }

    static List<Path> files(Path folder, String suffix) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().endsWith(suffix))
                    .sorted()
                    .toList();
        }
    }

    @Override
    public void close() {
        resources.close();
    }
}
