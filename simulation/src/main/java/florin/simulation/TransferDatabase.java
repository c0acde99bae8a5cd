package florin.simulation;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import florin.transfer.saga.SimulatedSagaRows;
import florin.transfer.saga.SimulatedView;
import java.util.HashMap;
import java.util.Map;
import org.axonframework.serialization.Serializer;
import org.axonframework.serialization.jackson3.Jackson3Serializer;

/** The database of the transfer service: sagas with their deadlines, tokens and the view. */
final class TransferDatabase {

    /** Writes sagas and snapshots from their fields, as the services do. */
    static final Serializer JSON = Jackson3Serializer.builder()
            .jsonMapperBuilderCustomizer(mapper -> mapper.changeDefaultVisibility(visibility -> visibility
                    .withFieldVisibility(Visibility.ANY)
                    .withGetterVisibility(Visibility.NONE)
                    .withIsGetterVisibility(Visibility.NONE)
                    .withSetterVisibility(Visibility.NONE)))
            .build();

    private final SimulatedSagaRows sagas;
    private final Map<String, Token> tokens = new HashMap<>();
    private final boolean viewCountsTwice;
    private SimulatedView view;

    TransferDatabase(SimulatedSagaRows sagas, boolean viewCountsTwice) {
        this.sagas = sagas;
        this.viewCountsTwice = viewCountsTwice;
        this.view = new SimulatedView(viewCountsTwice);
    }

    /** How far a processor has come, and which process works on it. */
    static final class Token {
        static final int NEW = -1;

        int position = NEW;
        Node owner;
        int ownersLife;
        long freeAtMs;

        boolean isOwnedBy(Node node) {
            return owner == node && ownersLife == node.life();
        }

        void claim(Node node) {
            owner = node;
            ownersLife = node.life();
        }

        void release(long atMs) {
            owner = null;
            freeAtMs = atMs;
        }
    }

    Token token(String processor) {
        return tokens.computeIfAbsent(processor, any -> new Token());
    }

    SimulatedView view() {
        return view;
    }

    SimulatedSagaRows sagas() {
        return sagas;
    }

    void loseTokens() {
        tokens.clear();
    }

    void loseView() {
        view = new SimulatedView(viewCountsTwice);
    }
}
