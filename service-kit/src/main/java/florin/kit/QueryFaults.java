package florin.kit;

import java.util.concurrent.CompletableFuture;
import org.axonframework.queryhandling.GenericQueryResponseMessage;
import org.axonframework.queryhandling.QueryExecutionException;
import org.axonframework.queryhandling.QueryMessage;
import org.axonframework.queryhandling.QueryResponseMessage;
import org.axonframework.queryhandling.SimpleQueryBus;

/**
 * Runs this service's query handlers, as many at once as may be, and lets the asker know a fault of theirs for what it is.
 *
 * <p>It wraps the transaction, not the handler: a database that is away shows itself when the transaction begins.
 */
final class QueryFaults extends SimpleQueryBus {

    private final QueryLimit limit;

    QueryFaults(SimpleQueryBus.Builder builder, QueryLimit limit) {
        super(builder.transactionManager(limit.transactionManager()));
        this.limit = limit;
    }

    @Override
    public <Q, R> CompletableFuture<QueryResponseMessage<R>> query(QueryMessage<Q, R> query) {
        return inTurn(query).thenApply(answer -> answer.isExceptional() ? explained(answer) : answer);
    }

    private <Q, R> CompletableFuture<QueryResponseMessage<R>> inTurn(QueryMessage<Q, R> query) {
        try {
            return limit.inTurn(() -> super.query(query));
        } catch (ProblemException noTurn) {
            return CompletableFuture.completedFuture(GenericQueryResponseMessage.asResponseMessage(
                    query.getResponseType().responseMessagePayloadType(), noTurn));
        }
    }

    private static <R> QueryResponseMessage<R> explained(QueryResponseMessage<R> answer) {
        Throwable thrown = answer.exceptionResult();
        return Problems.fault(thrown)
                .<QueryResponseMessage<R>>map(fault -> new GenericQueryResponseMessage<>(
                        answer, new QueryExecutionException(thrown.toString(), thrown, fault)))
                .orElse(answer);
    }
}
