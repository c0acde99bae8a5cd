package florin.eventstore.routing;

import florin.eventstore.protocol.Outbound;
import io.axoniq.axonserver.connector.ErrorCategory;
import io.axoniq.axonserver.grpc.command.CommandProviderInbound;
import io.axoniq.axonserver.grpc.command.CommandResponse;

/** One connected stream that handles commands. */
final class CommandHandler extends Handler<PendingCommand, CommandProviderInbound> {
    CommandHandler(Outbound<CommandProviderInbound> out) {
        super(out, "command", "commands");
    }

    @Override
    CommandProviderInbound message(PendingCommand command) {
        return command.isDone()
                ? null
                : CommandProviderInbound.newBuilder()
                        .setCommand(command.command())
                        .build();
    }

    @Override
    void sent(PendingCommand command) {
        command.sent();
    }

    @Override
    void failed(PendingCommand command, String reason) {
        command.fail(ErrorCategory.COMMAND_DISPATCH_ERROR, reason);
    }

    void answered(CommandResponse response) {
        PendingCommand command = complete(response.getRequestIdentifier());
        if (command != null) {
            command.complete(response);
        }
    }
}
