package florin.simulation;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import florin.transfer.saga.SimulatedView;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.axonframework.deadline.DeadlineMessage;
import org.axonframework.messaging.ScopeDescriptor;
import org.axonframework.messaging.unitofwork.CurrentUnitOfWork;
import org.axonframework.modelling.command.ConcurrencyException;
import org.axonframework.modelling.saga.AssociationValue;
import org.axonframework.modelling.saga.AssociationValues;
import org.axonframework.modelling.saga.repository.SagaStore;
import org.axonframework.serialization.SerializedObject;
import org.axonframework.serialization.Serializer;
import org.axonframework.serialization.jackson3.Jackson3Serializer;

/**
 * The database of the transfer service: sagas, deadlines, tokens and the view.
 *
 * <p>Everything that a unit of work writes is written when it commits, at once, as in one transaction. A saga that another
 * process has changed since it was read is not written: the unit of work fails, as in the service.
 */
final class TransferDatabase implements SagaStore<Object> {

    /** Writes sagas and snapshots from their fields, as the services do. */
    static final Serializer JSON = Jackson3Serializer.builder()
            .jsonMapperBuilderCustomizer(mapper -> mapper.changeDefaultVisibility(visibility -> visibility
                    .withFieldVisibility(Visibility.ANY)
                    .withGetterVisibility(Visibility.NONE)
                    .withIsGetterVisibility(Visibility.NONE)
                    .withSetterVisibility(Visibility.NONE)))
            .build();

    private final Bug bug;
    private final Map<String, Stored> sagas = new LinkedHashMap<>();
    private final Map<AssociationValue, Set<String>> associations = new HashMap<>();
    private final Map<String, Deadline> deadlines = new LinkedHashMap<>();
    private final Map<String, Token> tokens = new HashMap<>();
    private SimulatedView view = new SimulatedView();

    private record Stored(int version, SerializedObject<byte[]> state) {}

    TransferDatabase(Bug bug) {
        this.bug = bug;
    }

    /** A deadline that is set; whoever carries it out picks it, and deletes it when it is done. */
    static final class Deadline {
        final String id;
        final DeadlineMessage<?> message;
        final ScopeDescriptor scope;
        Node pickedBy;

        Deadline(String id, DeadlineMessage<?> message, ScopeDescriptor scope) {
            this.id = id;
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
        Stored stored = sagas.get(id);
        if (stored == null) {
            return null;
        }
        CurrentUnitOfWork.get().root().resources().put("version of " + id, stored.version());
        S saga = JSON.deserialize(stored.state());
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
        Stored stored = new Stored(0, JSON.serialize(saga, byte[].class));
        onCommit(() -> {
            sagas.put(id, stored);
            values.forEach(value -> associations
                    .computeIfAbsent(value, any -> new LinkedHashSet<>())
                    .add(id));
        });
    }

    @Override
    public void updateSaga(Class<?> type, String id, Object saga, AssociationValues values) {
        int version = requireUnchanged(id);
        Stored stored = new Stored(version + 1, JSON.serialize(saga, byte[].class));
        onCommit(() -> sagas.replace(id, stored));
    }

    @Override
    public void deleteSaga(Class<?> type, String id, Set<AssociationValue> values) {
        int unused = requireUnchanged(id);
        onCommit(() -> {
            sagas.remove(id);
            values.forEach(value -> forget(value, id));
        });
    }

    /** Does what belongs to the transaction of the unit of work that is being committed. */
    static void onCommit(Runnable write) {
        CurrentUnitOfWork.get().onCommit(unit -> write.run());
    }

    private int requireUnchanged(String id) {
        int read = (Integer) CurrentUnitOfWork.get().root().resources().get("version of " + id);
        Stored stored = sagas.get(id);
        if ((stored == null || stored.version() != read) && !bug.overwritesSagas()) {
            throw new ConcurrencyException("Another process has changed the saga " + id);
        }
        return read;
    }

    private void forget(AssociationValue value, String id) {
        Set<String> ids = associations.getOrDefault(value, new LinkedHashSet<>());
        ids.remove(id);
        if (ids.isEmpty()) {
            associations.remove(value);
        }
    }
}
