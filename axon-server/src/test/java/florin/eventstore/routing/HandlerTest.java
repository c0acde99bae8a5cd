package florin.eventstore.routing;

import static org.assertj.core.api.Assertions.assertThat;

import florin.eventstore.protocol.Recorder;
import io.axoniq.axonserver.grpc.command.Command;
import io.axoniq.axonserver.grpc.command.CommandProviderInbound;
import io.axoniq.axonserver.grpc.command.CommandResponse;
import io.axoniq.axonserver.grpc.query.QueryProviderInbound;
import io.axoniq.axonserver.grpc.query.QueryRequest;
import io.axoniq.axonserver.grpc.query.QueryResponse;
import java.util.List;
import org.junit.jupiter.api.Test;

/** An answer names what it is for by an identifier, so of two messages that have the same one the other would never be answered. */
class HandlerTest {
    @Test
    void aCommandIsRefusedWhileOneOfItsIdentifierWaits() {
        Recorder<CommandProviderInbound> client = new Recorder<>();
        CommandHandler handler = new CommandHandler(client.outbound());
        Recorder<CommandResponse> first = new Recorder<>();
        Recorder<CommandResponse> second = new Recorder<>();
        Command command = Command.newBuilder()
                .setName("Greet")
                .setMessageIdentifier("same")
                .build();
        handler.dispatch(new PendingCommand(command, first.outbound()));
        handler.dispatch(new PendingCommand(command, second.outbound()));
        handler.permit(2);
        handler.answered(
                CommandResponse.newBuilder().setRequestIdentifier("same").build());

        assertThat(client.seen).hasSize(1);
        assertThat(first.seen).extracting(CommandResponse::getErrorCode).containsExactly("");
        assertThat(second.seen).extracting(CommandResponse::getErrorCode).containsExactly("AXONIQ-4003");
    }

    @Test
    void aQueryIsRefusedWhileOneOfItsIdentifierWaits() {
        QueryHandler handler = new QueryHandler(new Recorder<QueryProviderInbound>().outbound());
        Recorder<QueryResponse> first = new Recorder<>();
        Recorder<QueryResponse> second = new Recorder<>();
        dispatch(handler, first);
        dispatch(handler, second);
        handler.permit(2);
        handler.answered(QueryResponse.newBuilder().setRequestIdentifier("same").build());
        handler.completed("same");

        assertThat(first.seen).extracting(QueryResponse::getErrorCode).containsExactly("");
        assertThat(first.ended).isTrue();
        assertThat(second.seen).extracting(QueryResponse::getErrorCode).containsExactly("AXONIQ-5002");
    }

    private static void dispatch(QueryHandler handler, Recorder<QueryResponse> sender) {
        QueryRequest request = QueryRequest.newBuilder()
                .setQuery("Find")
                .setMessageIdentifier("same")
                .build();
        PendingQuery query = new PendingQuery(request, sender.outbound());
        query.await(List.of(handler));
        handler.dispatch(query);
    }
}
