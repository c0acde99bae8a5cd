package florin.eventstore.routing;

import florin.eventstore.protocol.Instructions;
import florin.eventstore.protocol.Outbound;
import florin.eventstore.protocol.Refusal;
import io.axoniq.axonserver.connector.ErrorCategory;
import io.axoniq.axonserver.grpc.ProcessingKey;
import io.axoniq.axonserver.grpc.command.Command;
import io.axoniq.axonserver.grpc.command.CommandResponse;
import java.util.UUID;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;

/** A command that its sender waits for; answered once, by whoever comes first. */
final class PendingCommand implements Handler.Pending {
    private final String identifier;
    private final int bytes;
    private final long priority;
    private final Outbound<CommandResponse> sender;
    private final AtomicBoolean done = new AtomicBoolean();
    private volatile Command command;
    private volatile Future<?> timeout;
    private volatile CommandHandler handler;

    PendingCommand(Command command, Outbound<CommandResponse> sender) {
        this.command = command;
        identifier = command.getMessageIdentifier();
        bytes = command.getSerializedSize();
        priority = Instructions.number(command.getProcessingInstructionsList(), ProcessingKey.PRIORITY)
                .orElse(0);
        this.sender = sender;
    }

    Command command() {
        return command;
    }

    @Override
    public String identifier() {
        return identifier;
    }

    @Override
    public String name() {
        return command.getName();
    }

    @Override
    public int bytes() {
        return bytes;
    }

    @Override
    public long priority() {
        return priority;
    }

    /** The command was handed over: what remains is to wait, for which its content is not needed. */
    void sent() {
        command = null;
    }

    @Override
    public boolean isDone() {
        return done.get();
    }

    void handler(CommandHandler chosen) {
        handler = chosen;
    }

    void timeout(Future<?> scheduled) {
        timeout = scheduled;
        if (isDone()) {
            scheduled.cancel(false);
        }
    }

    void complete(CommandResponse response) {
        if (done.compareAndSet(false, true)) {
            stopTimer();
            sender.answer(response);
            sender.complete();
        }
    }

    void fail(ErrorCategory category, String message) {
        complete(CommandResponse.newBuilder()
                .setMessageIdentifier(UUID.randomUUID().toString())
                .setRequestIdentifier(identifier)
                .setErrorCode(category.errorCode())
                .setErrorMessage(Refusal.errorMessage(category, message))
                .build());
    }

    /** The sender went away. */
    void abandon() {
        if (done.compareAndSet(false, true)) {
            stopTimer();
            forget();
        }
    }

    void timedOut(long millis) {
        fail(ErrorCategory.COMMAND_DISPATCH_ERROR, "no answer to the command within " + millis + " ms");
        forget();
    }

    private void forget() {
        CommandHandler chosen = handler;
        if (chosen != null) {
            chosen.forget(this);
        }
    }

    private void stopTimer() {
        Future<?> scheduled = timeout;
        if (scheduled != null) {
            scheduled.cancel(false);
        }
    }
}
