package florin.chaos;

import florin.account.api.RefusalReason;
import florin.transfer.api.TransferCancellationRequested;
import florin.transfer.api.TransferCancelled;
import florin.transfer.api.TransferCompleted;
import florin.transfer.api.TransferEndedEvent;
import florin.transfer.api.TransferId;
import florin.transfer.api.TransferRequested;
import florin.transfer.api.TransferStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** All events of one transfer, its own and those of its two accounts, in the order of the log. */
final class TransferBook {
    private final TransferId id;
    private final List<Object> events = new ArrayList<>();

    TransferBook(TransferId id) {
        this.id = id;
    }

    void add(Object event) {
        events.add(event);
    }

    TransferId id() {
        return id;
    }

    <E> List<E> all(Class<E> type) {
        return events.stream().filter(type::isInstance).map(type::cast).toList();
    }

    boolean has(Class<?> type) {
        return events.stream().anyMatch(type::isInstance);
    }

    /** In the order of the log. */
    List<Object> events() {
        return events;
    }

    /** Whether somebody had it called off; its time limit is nobody. */
    boolean isCancellationRequested() {
        return all(TransferCancellationRequested.class).stream()
                .anyMatch(requested -> requested.reason() == RefusalReason.DS02);
    }

    Optional<TransferRequested> request() {
        return all(TransferRequested.class).stream().findFirst();
    }

    /** How it ended; empty while it is on its way. */
    Optional<TransferStatus> end() {
        return all(TransferEndedEvent.class).stream().findFirst().map(TransferBook::status);
    }

    private static TransferStatus status(TransferEndedEvent end) {
        if (end instanceof TransferCompleted) {
            return TransferStatus.COMPLETED;
        }
        return end instanceof TransferCancelled ? TransferStatus.CANCELLED : TransferStatus.FAILED;
    }

    /** The names of the events, for a person. */
    @Override
    public String toString() {
        return events.stream().map(event -> event.getClass().getSimpleName()).collect(Collectors.joining(", "));
    }
}
