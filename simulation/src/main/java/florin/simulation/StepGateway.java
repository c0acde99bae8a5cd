package florin.simulation;

import florin.kit.Correlation;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.axonframework.commandhandling.CommandCallback;
import org.axonframework.commandhandling.CommandMessage;
import org.axonframework.commandhandling.GenericCommandMessage;
import org.axonframework.commandhandling.GenericCommandResultMessage;
import org.axonframework.commandhandling.gateway.CommandGateway;
import org.axonframework.common.Registration;
import org.axonframework.messaging.MessageDispatchInterceptor;

/** Sends what the saga and the reconciler of a process send; an answer comes only if the process still lives. */
final class StepGateway implements CommandGateway {

    private final Bank bank;
    private final Node node;
    private final boolean isHeard;

    /** {@code isHeard} tells whether anything follows from answers: the saga goes by events only. */
    StepGateway(Bank bank, Node node, boolean isHeard) {
        this.bank = bank;
        this.node = node;
        this.isHeard = isHeard;
    }

    @Override
    @SuppressWarnings("unchecked") // The callback takes whatever the command answers.
    public <C, R> void send(C command, CommandCallback<? super C, ? super R> callback) {
        CommandMessage<C> message = GenericCommandMessage.asCommandMessage(command);
        int attempt = message.getMetaData().get(Correlation.ATTEMPT) instanceof Integer number ? number : 1;
        for (Object payload : bank.bug().sent(message.getPayload(), attempt)) {
            send(payload, message, answer -> {
                Object heard = bank.bug().heard(payload, answer);
                bank.bug().provoked(payload, answer).forEach(besides -> send(besides, message, ignored -> {}));
                callback.onResult(
                        message,
                        heard instanceof Throwable failure
                                ? GenericCommandResultMessage.asCommandResultMessage(failure)
                                : GenericCommandResultMessage.asCommandResultMessage((R) heard));
            });
        }
    }

    private void send(Object payload, CommandMessage<?> original, Consumer<Object> onAnswer) {
        int life = node.life();
        CommandMessage<Object> message =
                GenericCommandMessage.asCommandMessage(payload).withMetaData(original.getMetaData());
        bank.network().send(node.name(), message, isHeard, answer -> {
            if (node.isUp() && node.life() == life) {
                node.after(0, () -> onAnswer.accept(answer));
            }
        });
    }

    @Override
    @SuppressWarnings("TypeParameterUnusedInFormals") // The gateway's own signature.
    public <R> R sendAndWait(Object command) {
        throw new UnsupportedOperationException();
    }

    @Override
    @SuppressWarnings("TypeParameterUnusedInFormals") // The gateway's own signature.
    public <R> R sendAndWait(Object command, long timeout, TimeUnit unit) {
        throw new UnsupportedOperationException();
    }

    @Override
    public <R> CompletableFuture<R> send(Object command) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Registration registerDispatchInterceptor(
            MessageDispatchInterceptor<? super CommandMessage<?>> dispatchInterceptor) {
        throw new UnsupportedOperationException();
    }
}
