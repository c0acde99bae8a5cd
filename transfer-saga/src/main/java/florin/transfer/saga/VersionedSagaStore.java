package florin.transfer.saga;

import java.util.Set;
import org.axonframework.common.jpa.EntityManagerProvider;
import org.axonframework.messaging.unitofwork.CurrentUnitOfWork;
import org.axonframework.modelling.saga.AssociationValue;
import org.axonframework.modelling.saga.AssociationValues;
import org.axonframework.modelling.saga.repository.jpa.JpaSagaStore;
import org.axonframework.serialization.Serializer;
import org.springframework.dao.OptimisticLockingFailureException;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Never overwrites what another process has done to a saga since it was read here.
 *
 * <p>A deadline on one process and an event on another may work on the same saga. Without this the later one would put the
 * saga back to where it read it, behind events that never come again. It fails instead, and is repeated on what is there now.
 * A row's version is PostgreSQL's own, the number of the transaction that wrote it.
 */
final class VersionedSagaStore extends JpaSagaStore {

    private static final String VERSION = "version of saga ";

    private final JdbcClient jdbc;

    VersionedSagaStore(EntityManagerProvider entities, Serializer serializer, JdbcClient jdbc) {
        super(builder().entityManagerProvider(entities).serializer(serializer));
        this.jdbc = jdbc;
    }

    /** The version first: what changes in between is noticed. */
    @Override
    public <S> Entry<S> loadSaga(Class<S> sagaType, String sagaId) {
        jdbc.sql("SELECT CAST(xmin AS TEXT) FROM saga_entry WHERE saga_id = ?")
                .param(sagaId)
                .query(String.class)
                .optional()
                .ifPresent(version -> CurrentUnitOfWork.get().root().resources().put(VERSION + sagaId, version));
        return super.loadSaga(sagaType, sagaId);
    }

    @Override
    public void updateSaga(Class<?> sagaType, String sagaId, Object saga, AssociationValues associations) {
        requireUnchanged(sagaId);
        super.updateSaga(sagaType, sagaId, saga, associations);
    }

    @Override
    public void deleteSaga(Class<?> sagaType, String sagaId, Set<AssociationValue> associations) {
        requireUnchanged(sagaId);
        super.deleteSaga(sagaType, sagaId, associations);
    }

    private void requireUnchanged(String sagaId) {
        Object version = CurrentUnitOfWork.get().root().getResource(VERSION + sagaId);
        boolean unchanged = jdbc.sql("SELECT 1 FROM saga_entry WHERE saga_id = ? AND CAST(xmin AS TEXT) = ? FOR UPDATE")
                .param(sagaId)
                .param(version)
                .query(Integer.class)
                .optional()
                .isPresent();
        if (!unchanged) {
            throw new OptimisticLockingFailureException("Another process has changed the saga " + sagaId);
        }
    }
}
