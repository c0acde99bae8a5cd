package florin.simulation;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import florin.transfer.saga.SimulatedView;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.axonframework.deadline.DeadlineMessage;
import org.axonframework.messaging.ScopeDescriptor;
import org.axonframework.modelling.saga.AssociationValue;
import org.axonframework.modelling.saga.AssociationValues;
import org.axonframework.modelling.saga.repository.SagaStore;
import org.axonframework.serialization.SerializedObject;
import org.axonframework.serialization.Serializer;
import org.axonframework.serialization.jackson3.Jackson3Serializer;

/**
 * The database of the transfer service: sagas, deadlines, tokens and the view.
 *
 * <p>Everything that a unit of work writes is written in its commit, at once, as in one transaction. As in the service,
 * nothing here checks whether a saga was changed by another process since it was read: the last one wins.
 */
final class TransferDatabase implements SagaStore<Object> {

    private static final Serializer JSON = Jackson3Serializer.builder()
            .jsonMapperBuilderCustomizer(mapper -> mapper.changeDefaultVisibility(visibility -> visibility
                    .withFieldVisibility(Visibility.ANY)
                    .withGetterVisibility(Visibility.NONE)
                    .withIsGetterVisibility(Visibility.NONE)
                    .withSetterVisibility(Visibility.NONE)))
            .build();

    private final Map<String, SerializedObject<byte[]>> sagas = new LinkedHashMap<>();
    private final Map<AssociationValue, Set<String>> associations = new HashMap<>();
    private final Map<String, Deadline> deadlines = new LinkedHashMap<>();
    private final Map<String, Token> tokens = new HashMap<>();
    private SimulatedView view = new SimulatedView();

    /** A deadline that is set; whoever carries it out picks it, and deletes it when it is done. */
    static final class Deadline {
        final String id;
        final Instant due;
        final DeadlineMessage<?> message;
        final ScopeDescriptor scope;
        Node pickedBy;

        Deadline(String id, Instant due, DeadlineMessage<?> message, ScopeDescriptor scope) {
            this.id = id;
            this.due = due;
            this.message = message;
            this.scope = scope;
        }
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

    Map<String, Deadline> deadlines() {
        return deadlines;
    }

    SimulatedView view() {
        return view;
    }

    int sagas() {
        return sagas.size();
    }

    void loseSagas() {
        sagas.clear();
        associations.clear();
        deadlines.clear();
    }

    void loseTokensAndView() {
        tokens.clear();
        view = new SimulatedView();
    }

    /** The transfer of a saga, or its own id if it is gone. */
    String transferOf(String sagaId) {
        return associations.entrySet().stream()
                .filter(entry -> entry.getValue().contains(sagaId))
                .map(entry -> entry.getKey().getValue())
                .findFirst()
                .orElse(sagaId);
    }

    @Override
    public Set<String> findSagas(Class<?> type, AssociationValue value) {
        return new LinkedHashSet<>(associations.getOrDefault(value, Set.of()));
    }

    @Override
    public <S> Entry<S> loadSaga(Class<S> type, String id) {
        SerializedObject<byte[]> stored = sagas.get(id);
        if (stored == null) {
            return null;
        }
        S saga = JSON.deserialize(stored);
        Set<AssociationValue> values = new LinkedHashSet<>();
        associations.forEach((value, ids) -> {
            if (ids.contains(id)) {
                values.add(value);
            }
        });
        return new Entry<>() {
            @Override
            public Set<AssociationValue> associationValues() {
                return values;
            }

            @Override
            public S saga() {
                return saga;
            }
        };
    }

    @Override
    public void insertSaga(Class<?> type, String id, Object saga, Set<AssociationValue> values) {
        sagas.put(id, JSON.serialize(saga, byte[].class));
        values.forEach(value -> associations
                .computeIfAbsent(value, any -> new LinkedHashSet<>())
                .add(id));
    }

    /** As in the service's store: a saga that another process has deleted meanwhile stays deleted. */
    @Override
    public void updateSaga(Class<?> type, String id, Object saga, AssociationValues values) {
        sagas.replace(id, JSON.serialize(saga, byte[].class));
        values.addedAssociations().forEach(value -> associations
                .computeIfAbsent(value, any -> new LinkedHashSet<>())
                .add(id));
        values.removedAssociations().forEach(value -> forget(value, id));
    }

    @Override
    public void deleteSaga(Class<?> type, String id, Set<AssociationValue> values) {
        sagas.remove(id);
        List.copyOf(associations.keySet()).forEach(value -> forget(value, id));
    }

    private void forget(AssociationValue value, String id) {
        Set<String> ids = associations.getOrDefault(value, new LinkedHashSet<>());
        ids.remove(id);
        if (ids.isEmpty()) {
            associations.remove(value);
        }
    }
}
