package florin.transfer.saga;

import florin.transfer.api.FindTransfer;
import florin.transfer.api.TransferDetails;
import florin.transfer.api.TransferId;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.axonframework.messaging.responsetypes.ResponseType;
import org.axonframework.messaging.responsetypes.ResponseTypes;
import org.axonframework.queryhandling.QueryGateway;
import org.axonframework.queryhandling.SubscriptionQueryResult;
import org.springframework.stereotype.Component;

/** Waits for a transfer without holding a thread. */
@Component
final class TransferWatch {

    /** How long a transfer that was just accepted may take to appear in the view. */
    static final Duration APPEARANCE = Duration.ofSeconds(2);

    private static final ResponseType<TransferDetails> TRANSFER = ResponseTypes.instanceOf(TransferDetails.class);

    private final QueryGateway queries;

    TransferWatch(QueryGateway queries) {
        this.queries = queries;
    }

    /** The transfer once it is final, or as it stands when the time is up; empty if it does not appear. */
    CompletableFuture<Optional<TransferDetails>> await(TransferId id, Duration wait) {
        return now(id).thenCompose(found ->
                found.filter(transfer -> isEnough(transfer, wait)).isPresent()
                        ? CompletableFuture.completedFuture(found)
                        : watch(id, wait, found.isPresent()));
    }

    private CompletableFuture<Optional<TransferDetails>> watch(TransferId id, Duration wait, boolean appeared) {
        CompletableFuture<Optional<TransferDetails>> answer = new CompletableFuture<>();
        SubscriptionQueryResult<TransferDetails, TransferDetails> subscription =
                queries.subscriptionQuery(new FindTransfer(id), TRANSFER, TRANSFER);
        Sightings sightings = new Sightings(answer, wait, appeared);
        subscription.initialResult().subscribe(sightings::see, answer::completeExceptionally);
        subscription.updates().subscribe(sightings::see, answer::completeExceptionally);
        if (!appeared) {
            after(APPEARANCE).execute(() -> {
                if (!sightings.appeared) {
                    finish(id, answer);
                }
            });
        }
        after(appeared || wait.compareTo(APPEARANCE) > 0 ? wait : APPEARANCE).execute(() -> finish(id, answer));
        return answer.whenComplete((transfer, fault) -> subscription.close());
    }

    /** What stands in the view when the time is up counts, should an update have been lost on its way. */
    private void finish(TransferId id, CompletableFuture<Optional<TransferDetails>> answer) {
        if (!answer.isDone()) {
            CompletableFuture<Boolean> unused =
                    now(id).thenApply(answer::complete).exceptionally(answer::completeExceptionally);
        }
    }

    private CompletableFuture<Optional<TransferDetails>> now(TransferId id) {
        return queries.query(new FindTransfer(id), TRANSFER).thenApply(Optional::ofNullable);
    }

    private static boolean isEnough(TransferDetails transfer, Duration wait) {
        return wait.isZero() || transfer.status().isFinal();
    }

    private static Executor after(Duration delay) {
        return CompletableFuture.delayedExecutor(delay.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** What the subscription has shown. */
    private static final class Sightings {
        private final CompletableFuture<Optional<TransferDetails>> answer;
        private final Duration wait;
        private volatile boolean appeared;

        Sightings(CompletableFuture<Optional<TransferDetails>> answer, Duration wait, boolean appeared) {
            this.answer = answer;
            this.wait = wait;
            this.appeared = appeared;
        }

        void see(TransferDetails transfer) {
            appeared = true;
            if (isEnough(transfer, wait)) {
                answer.complete(Optional.of(transfer));
            }
        }
    }
}
