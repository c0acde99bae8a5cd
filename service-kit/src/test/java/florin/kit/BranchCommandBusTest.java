package florin.kit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.axonframework.commandhandling.CommandMessage;
import org.axonframework.commandhandling.CommandResultMessage;
import org.axonframework.commandhandling.GenericCommandMessage;
import org.axonframework.commandhandling.SimpleCommandBus;
import org.junit.jupiter.api.Test;

class BranchCommandBusTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int MOST = BranchCommandBus.THREADS + BranchCommandBus.MOST_WAITING;

    private final CountDownLatch gate = new CountDownLatch(1);
    private final AtomicInteger handled = new AtomicInteger();
    private final AtomicInteger answered = new AtomicInteger();
    private final ThreadLocal<Boolean> mayWait = ThreadLocal.withInitial(() -> false);

    record Work() {}

    @Test
    void one_command_too_many_is_refused_at_once_and_those_before_it_are_handled_once() {
        BranchCommandBus bus = fullBus();
        AtomicReference<CommandResultMessage<?>> refusal = new AtomicReference<>();

        long before = System.nanoTime();
        bus.dispatch(work(), (command, result) -> refusal.set(result));

        assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(2));
        assertThat(Problems.problem(refusal.get().exceptionResult()).type()).isEqualTo(ProblemType.TOO_BUSY);
        gate.countDown();
        await().atMost(PATIENCE).until(() -> answered.get() == MOST);
        assertThat(handled).hasValue(MOST);
        AtomicReference<CommandResultMessage<?>> late = new AtomicReference<>();
        bus.dispatch(work(), (command, result) -> late.set(result));
        await().atMost(PATIENCE).until(() -> late.get() != null);
        assertThat(late.get().isExceptional()).isFalse();
    }

    @Test
    void a_thread_that_may_wait_does_until_there_is_room_or_for_some_seconds() {
        BranchCommandBus bus = fullBus();
        AtomicReference<CommandResultMessage<?>> answer = new AtomicReference<>();
        mayWait.set(true);

        bus.dispatch(work(), (command, result) -> answer.set(result));

        assertThat(Problems.problem(answer.get().exceptionResult()).type()).isEqualTo(ProblemType.TOO_BUSY);
        CompletableFuture<Void> waiting = CompletableFuture.runAsync(() -> {
            mayWait.set(true);
            bus.dispatch(work(), (command, result) -> answer.set(result));
        });
        gate.countDown();
        waiting.join();
        await().atMost(PATIENCE).until(() -> !answer.get().isExceptional());
        await().atMost(PATIENCE).until(() -> handled.get() == MOST + 1);
    }

    /** Handles as many as it can, and as many wait as may. */
    private BranchCommandBus fullBus() {
        SimpleCommandBus local = SimpleCommandBus.builder().build();
        BranchCommandBus bus = new BranchCommandBus(local, local, Optional.empty(), mayWait::get);
        bus.subscribe(Work.class.getName(), command -> {
            gate.await();
            return handled.incrementAndGet();
        });
        for (int i = 0; i < MOST; i++) {
            bus.dispatch(work(), (command, result) -> answered.incrementAndGet());
        }
        return bus;
    }

    private static CommandMessage<Object> work() {
        return GenericCommandMessage.asCommandMessage(new Work());
    }
}
