package florin.transfer.saga;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.exceptions.TaskInstanceException;
import com.github.kagkarlsson.scheduler.task.FailureHandler;
import com.github.kagkarlsson.scheduler.task.Task;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import org.axonframework.common.transaction.TransactionManager;
import org.axonframework.deadline.dbscheduler.DbSchedulerBinaryDeadlineDetails;
import org.axonframework.deadline.dbscheduler.DbSchedulerDeadlineManager;
import org.axonframework.deadline.dbscheduler.DbSchedulerDeadlineToken;
import org.axonframework.messaging.ScopeAwareProvider;
import org.axonframework.serialization.Serializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;

/**
 * Deadlines in the service's own database, set and cancelled in the transaction of the saga that does so.
 *
 * <p>A deadline that is just being carried out can no longer be cancelled; who set it recognizes it as late. One whose
 * process died is taken up again about half a minute later.
 */
final class DurableDeadlines extends DbSchedulerDeadlineManager {

    private static final Logger LOG = LoggerFactory.getLogger(DurableDeadlines.class);
    private static final Duration POLLING_INTERVAL = Duration.ofSeconds(1);
    private static final Duration HEARTBEAT_INTERVAL = Duration.ofSeconds(5);
    private static final Duration RETRY_AFTER_FAULT = Duration.ofSeconds(5);
    private static final Duration LONGEST_SHUTDOWN = Duration.ofSeconds(5);
    private static final int THREADS = 4;

    private final Scheduler scheduler;

    private DurableDeadlines(Scheduler scheduler, Builder builder) {
        super(builder);
        this.scheduler = scheduler;
    }

    static DurableDeadlines create(
            DataSource database, ScopeAwareProvider sagas, Serializer serializer, TransactionManager transactions) {
        AtomicReference<DbSchedulerDeadlineManager> self = new AtomicReference<>();
        Task<DbSchedulerBinaryDeadlineDetails> deadline = DbSchedulerDeadlineManager.binaryTask(self::get);
        Scheduler scheduler = Scheduler.create(
                        new TransactionAwareDataSourceProxy(database),
                        Tasks.oneTime(deadline.getName(), DbSchedulerBinaryDeadlineDetails.class)
                                .onFailure(new FailureHandler.OnFailureRetryLater<>(RETRY_AFTER_FAULT))
                                .execute(deadline::execute))
                .threads(THREADS)
                .pollingInterval(POLLING_INTERVAL)
                .heartbeatInterval(HEARTBEAT_INTERVAL)
                .shutdownMaxWait(LONGEST_SHUTDOWN)
                .build();
        DurableDeadlines deadlines = new DurableDeadlines(
                scheduler,
                DbSchedulerDeadlineManager.builder()
                        .scheduler(scheduler)
                        .scopeAwareProvider(sagas)
                        .serializer(serializer)
                        .transactionManager(transactions));
        self.set(deadlines);
        return deadlines;
    }

    @Override
    public void cancelSchedule(String deadlineName, String scheduleId) {
        runOnPrepareCommitOrNow(() -> {
            try {
                scheduler.cancel(new DbSchedulerDeadlineToken(scheduleId));
            } catch (TaskInstanceException gone) {
                LOG.debug("The deadline {} is past or running", scheduleId, gone);
            }
        });
    }
}
