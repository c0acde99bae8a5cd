package florin.kit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Optional;
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

    record Work() {}

    @Test
    void one_command_too_many_is_refused_and_those_before_it_are_handled_once() {
        CountDownLatch gate = new CountDownLatch(1);
        AtomicInteger handled = new AtomicInteger();
        SimpleCommandBus local = SimpleCommandBus.builder().build();
        BranchCommandBus bus = new BranchCommandBus(local, local, Optional.empty());
        bus.subscribe(Work.class.getName(), command -> {
            gate.await();
            return handled.incrementAndGet();
        });
        AtomicInteger answered = new AtomicInteger();
        for (int i = 0; i < MOST; i++) {
            bus.dispatch(work(), (command, result) -> answered.incrementAndGet());
        }
        AtomicReference<CommandResultMessage<?>> refusal = new AtomicReference<>();

        bus.dispatch(work(), (command, result) -> refusal.set(result));

        assertThat(Problems.problem(refusal.get().exceptionResult()).type()).isEqualTo(ProblemType.TOO_BUSY);
        gate.countDown();
        await().atMost(PATIENCE).until(() -> answered.get() == MOST);
        assertThat(handled).hasValue(MOST);
        AtomicReference<CommandResultMessage<?>> late = new AtomicReference<>();
        bus.dispatch(work(), (command, result) -> late.set(result));
        await().atMost(PATIENCE).until(() -> late.get() != null);
        assertThat(late.get().isExceptional()).isFalse();
    }

    private static CommandMessage<Object> work() {
        return GenericCommandMessage.asCommandMessage(new Work());
    }
}
