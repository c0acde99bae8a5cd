package florin.transfer.saga;

import java.util.Optional;
import org.axonframework.eventhandling.EventMessage;
import org.axonframework.messaging.annotation.AnnotatedHandlerInspector;
import org.axonframework.messaging.annotation.MessageHandlingMember;

/** Gives an event to the view's handler for it; looked up once for all views. */
final class ViewEvents {

    private static final AnnotatedHandlerInspector<TransferView> HANDLERS =
            AnnotatedHandlerInspector.inspectType(TransferView.class);

    private ViewEvents() {}

    static void handle(TransferView view, EventMessage<?> message) {
        Optional<MessageHandlingMember<? super TransferView>> handler = HANDLERS.getHandlers(TransferView.class)
                .filter(member -> member.canHandle(message))
                .findFirst();
        if (handler.isEmpty()) {
            return;
        }
        try {
            Object unused = handler.get().handle(message, view);
        } catch (RuntimeException fault) {
            throw fault;
        } catch (Exception fault) {
            throw new IllegalStateException(fault);
        }
    }
}
