package florin.eventstore.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import florin.eventstore.protocol.Recorder;
import io.axoniq.axonserver.grpc.MetaDataValue;
import io.axoniq.axonserver.grpc.ProcessingInstruction;
import io.axoniq.axonserver.grpc.ProcessingKey;
import io.axoniq.axonserver.grpc.command.Command;
import io.axoniq.axonserver.grpc.command.CommandProviderInbound;
import io.axoniq.axonserver.grpc.command.CommandResponse;
import io.axoniq.axonserver.grpc.query.QueryProviderInbound;
import io.axoniq.axonserver.grpc.query.QueryRequest;
import io.axoniq.axonserver.grpc.query.QueryResponse;
import io.axoniq.axonserver.grpc.query.SubscriptionQuery;
import io.axoniq.axonserver.grpc.query.SubscriptionQueryResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** A handler that leaves just after it was chosen: no test with a real client meets that moment. */
class LeavingHandlerTest {
    private final QueryRouter queries = new QueryRouter(new AtomicLong());

    @Test
    void aHandlerThatLeftBeforeItWasAddedIsNotAskedForTheInitialResult() {
        Recorder<QueryProviderInbound> stays = new Recorder<>();
        QueryHandler gone = queryHandler("gone", new Recorder<>());
        QueryHandler here = queryHandler("here", stays);
        Recorder<SubscriptionQueryResponse> subscriber = new Recorder<>();
        OpenSubscription subscription = subscription(subscriber);
        queries.disconnect(gone);
        subscription.start(List.of(gone, here));
        subscription.requestInitialResult(SubscriptionQuery.getDefaultInstance());

        assertThat(stays.seen)
                .extracting(message -> message.getSubscriptionQueryRequest().getRequestCase())
                .hasToString("[SUBSCRIBE, GET_INITIAL_RESULT]");
        queries.disconnect(here);
        assertThat(subscriber.seen)
                .extracting(SubscriptionQueryResponse::getResponseCase)
                .hasToString("[INITIAL_RESULT, COMPLETE_EXCEPTIONALLY]");
        assertThat(subscriber.seen.get(0).getInitialResult().getErrorCode()).isEqualTo("AXONIQ-5000");
        assertThat(subscriber.ended).isTrue();
    }

    @Test
    void aHandlerThatTakesNothingMoreIsNotAskedForTheInitialResult() {
        Recorder<QueryProviderInbound> reads = new Recorder<>();
        List<QueryHandler> full =
                List.of(queryHandler("full", new Recorder<>()), queryHandler("full too", new Recorder<>()));
        QueryHandler here = queryHandler("here", reads);
        Recorder<SubscriptionQueryResponse> subscriber = new Recorder<>();
        OpenSubscription subscription = subscription(subscriber);
        subscription.start(queries.handlers("Find"));
        full.forEach(handler -> handler.out().complete());

        for (int i = 0; i < 3; i++) {
            subscription.requestInitialResult(SubscriptionQuery.getDefaultInstance());
        }
        assertThat(reads.seen)
                .extracting(message -> message.getSubscriptionQueryRequest().getRequestCase())
                .hasToString("[SUBSCRIBE, GET_INITIAL_RESULT, GET_INITIAL_RESULT, GET_INITIAL_RESULT]");
        assertThat(subscriber.seen).isEmpty();

        here.out().complete();
        subscription.requestInitialResult(SubscriptionQuery.getDefaultInstance());
        assertThat(subscriber.seen)
                .extracting(response -> response.getInitialResult().getErrorCode())
                .containsExactly("AXONIQ-5002");
    }

    @Test
    void aQueryGoesToAnotherHandlerThanTheOneThatLeftAsItWasChosen() {
        Recorder<QueryProviderInbound> stays = new Recorder<>();
        queryHandler("gone", new Recorder<>()).disconnect();
        queryHandler("here", stays).permit(2);
        queries.dispatch(new PendingQuery(query(), new Recorder<QueryResponse>().outbound()));
        queries.dispatch(new PendingQuery(query(), new Recorder<QueryResponse>().outbound()));

        assertThat(stays.seen).hasSize(2).allMatch(QueryProviderInbound::hasQuery);
    }

    @Test
    void aCommandGoesToAnotherHandlerThanTheOneThatLeftAsItWasChosen() {
        CommandRouter commands = new CommandRouter();
        CommandHandler gone = new CommandHandler(new Recorder<CommandProviderInbound>().outbound());
        commands.subscribe("Greet", gone, 100);
        gone.disconnect();
        Recorder<CommandResponse> refused = new Recorder<>();
        commands.dispatch(new PendingCommand(command(), refused.outbound()));
        assertThat(refused.seen).extracting(CommandResponse::getErrorCode).containsExactly("AXONIQ-4000");

        commands.subscribe("Greet", gone, 1000);
        Recorder<CommandProviderInbound> stays = new Recorder<>();
        CommandHandler here = new CommandHandler(stays.outbound());
        here.permit(100);
        commands.subscribe("Greet", here, 1);
        for (int i = 0; i < 100; i++) {
            commands.dispatch(new PendingCommand(command(), new Recorder<CommandResponse>().outbound()));
        }
        assertThat(stays.seen).hasSize(100).allMatch(CommandProviderInbound::hasCommand);
    }

    @Test
    void whatAHandlerCouldNotBeSentAnyMoreGoesToAnotherOne() {
        CommandRouter commands = new CommandRouter();
        List<CommandHandler> handlers = new ArrayList<>();
        List<Recorder<CommandProviderInbound>> clients = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            clients.add(new Recorder<>());
            handlers.add(new CommandHandler(clients.get(i).outbound()));
            handlers.get(i).clientId("client " + i);
            handlers.get(i).permit(100);
            commands.subscribe("Greet", handlers.get(i), 100);
        }
        clients.get(0).refused = true;
        clients.get(1).refused = true;
        for (int i = 0; i < 100; i++) {
            commands.dispatch(new PendingCommand(command(), new Recorder<CommandResponse>().outbound()));
        }
        assertThat(handlers.get(0).waiting()).isPositive();
        assertThat(handlers.get(0).inFlight()).isZero();

        commands.disconnect(handlers.get(0));
        commands.disconnect(handlers.get(1));

        assertThat(clients.get(2).seen).hasSize(100).allMatch(CommandProviderInbound::hasCommand);
    }

    @Test
    void aQueryThatAHandlerCouldNotBeSentAnyMoreGoesToAnotherOne() {
        Recorder<QueryProviderInbound> refused = new Recorder<>();
        QueryHandler leaves = queryHandler("leaves", refused);
        leaves.permit(2);
        refused.refused = true;
        Recorder<QueryProviderInbound> stays = new Recorder<>();
        queryHandler("here", stays).permit(2);
        queries.dispatch(new PendingQuery(query(), new Recorder<QueryResponse>().outbound()));
        queries.dispatch(new PendingQuery(query(), new Recorder<QueryResponse>().outbound()));
        assertThat(leaves.waiting()).isEqualTo(1);

        queries.disconnect(leaves);

        assertThat(stays.seen).hasSize(2).allMatch(QueryProviderInbound::hasQuery);
    }

    /** Whoever has the handler's lock meanwhile keeps the dispatch between the choice and the line. */
    @Test
    void whatAHandlerGetsThatUnsubscribedAsItWasChosenGoesToAnotherOne() throws Exception {
        CommandRouter commands = new CommandRouter();
        CommandHandler command = new CommandHandler(new Recorder<CommandProviderInbound>().outbound());
        commands.subscribe("Greet", command, 100);
        Recorder<CommandResponse> noCommand = new Recorder<>();
        Thread dispatch = new Thread(() -> commands.dispatch(new PendingCommand(command(), noCommand.outbound())));
        synchronized (command) {
            dispatch.start();
            await().until(() -> dispatch.getState() == Thread.State.BLOCKED);
            commands.unsubscribe("Greet", command);
        }
        dispatch.join();
        assertThat(noCommand.seen).extracting(CommandResponse::getErrorCode).containsExactly("AXONIQ-4000");

        QueryHandler query = queryHandler("leaves", new Recorder<>());
        Recorder<QueryResponse> noQuery = new Recorder<>();
        Thread ask = new Thread(() -> queries.dispatch(new PendingQuery(query(), noQuery.outbound())));
        synchronized (query) {
            ask.start();
            await().until(() -> ask.getState() == Thread.State.BLOCKED);
            queries.unsubscribe("Find", query);
        }
        ask.join();
        assertThat(noQuery.seen).extracting(QueryResponse::getErrorCode).containsExactly("AXONIQ-5000");
    }

    @Test
    void whoHasTheAnswerToAPointQueryIsNotToldOfAnErrorWhenItsHandlerLeaves() {
        QueryHandler handler = queryHandler("handler", new Recorder<>());
        handler.permit(1);
        QueryRequest query = query();
        Recorder<QueryResponse> sender = new Recorder<>();
        queries.dispatch(new PendingQuery(query, sender.outbound()));
        handler.answered(answer(query));

        queries.disconnect(handler);

        assertThat(sender.seen).containsExactly(answer(query));
        assertThat(sender.ended).isTrue();
    }

    @Test
    void whoHasTheAnswerToAPointQueryIsNotToldOfAnErrorWhenItsTimeIsUp() {
        QueryHandler handler = queryHandler("handler", new Recorder<>());
        handler.permit(1);
        QueryRequest query = query();
        Recorder<QueryResponse> sender = new Recorder<>();
        PendingQuery pending = new PendingQuery(query, sender.outbound());
        queries.dispatch(pending);
        handler.answered(answer(query));

        pending.timedOut(1);

        assertThat(sender.seen).containsExactly(answer(query));
        assertThat(sender.ended).isTrue();
        assertThat(handler.inFlight()).isZero();
    }

    /** Of what it streams the rest may be missing. */
    @Test
    void whoHasSomeResultsOfAStreamIsToldOfTheErrorWhenItsHandlerLeaves() {
        QueryHandler handler = queryHandler("handler", new Recorder<>());
        handler.permit(1);
        QueryRequest query = query().toBuilder()
                .addProcessingInstructions(ProcessingInstruction.newBuilder()
                        .setKey(ProcessingKey.CLIENT_SUPPORTS_STREAMING)
                        .setValue(MetaDataValue.newBuilder().setBooleanValue(true)))
                .build();
        Recorder<QueryResponse> sender = new Recorder<>();
        queries.dispatch(new PendingQuery(query, sender.outbound()));
        handler.answered(answer(query));

        queries.disconnect(handler);

        assertThat(sender.seen).extracting(QueryResponse::getErrorCode).containsExactly("", "AXONIQ-5002");
        assertThat(sender.ended).isTrue();
    }

    private static QueryResponse answer(QueryRequest query) {
        return QueryResponse.newBuilder()
                .setRequestIdentifier(query.getMessageIdentifier())
                .build();
    }

    private static Command command() {
        return Command.newBuilder()
                .setName("Greet")
                .setMessageIdentifier(UUID.randomUUID().toString())
                .build();
    }

    private static QueryRequest query() {
        return QueryRequest.newBuilder()
                .setQuery("Find")
                .setMessageIdentifier(UUID.randomUUID().toString())
                .build();
    }

    private OpenSubscription subscription(Recorder<SubscriptionQueryResponse> subscriber) {
        OpenSubscription subscription = new OpenSubscription(
                SubscriptionQuery.newBuilder()
                        .setSubscriptionIdentifier("subscription")
                        .setQueryRequest(QueryRequest.newBuilder().setQuery("Find"))
                        .build(),
                subscriber.outbound(),
                queries,
                0);
        queries.open(subscription);
        return subscription;
    }

    private QueryHandler queryHandler(String name, Recorder<QueryProviderInbound> client) {
        QueryHandler handler = new QueryHandler(client.outbound());
        handler.identify(name, name);
        queries.subscribe("Find", handler);
        return handler;
    }
}
