package florin.transfer.saga;

import static org.assertj.core.api.Assertions.assertThat;

import florin.account.api.RefusalReason;
import florin.transfer.api.CancelTransfer;
import florin.transfer.api.CompleteTransfer;
import florin.transfer.api.ExpireTransfer;
import florin.transfer.api.FailTransfer;
import florin.transfer.api.ParkTransfer;
import florin.transfer.api.RequestTransfer;
import florin.transfer.api.ResumeTransfer;
import florin.transfer.api.TransferCommand;
import florin.transfer.api.TransferEndedEvent;
import florin.transfer.api.TransferRefusal;
import florin.transfer.api.TransferStatus;
import florin.transfer.api.TransferStep;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.axonframework.commandhandling.CommandExecutionException;
import org.axonframework.commandhandling.CommandMessage;
import org.axonframework.commandhandling.CommandResultMessage;
import org.axonframework.commandhandling.GenericCommandMessage;
import org.axonframework.config.Configuration;
import org.axonframework.config.DefaultConfigurer;
import org.axonframework.eventsourcing.eventstore.inmemory.InMemoryEventStorageEngine;

/** Whatever a transfer is told, in whatever order and however often, it does what the plain model does, and ends once. */
class TransferPropertyTest {

    @Property(tries = 300)
    void anyCommandsHaveTheAnswerThatTheModelHasAndATransferEndsOnce(
            @ForAll("commands") List<TransferCommand> commands) {
        InMemoryEventStorageEngine events = new InMemoryEventStorageEngine();
        Configuration axon = DefaultConfigurer.defaultConfiguration(false)
                .configureEmbeddedEventStore(configuration -> events)
                .configureAggregate(Transfer.class)
                .start();
        try {
            Model model = new Model();
            for (TransferCommand command : commands) {
                assertThat(answer(axon, command)).as("%s", command).isEqualTo(model.answer(command));
            }
            assertThat(ends(events)).isEqualTo(model.end == null ? 0 : 1);
            assertThat(events.readEvents(Examples.ID.value(), 0).asStream()).hasSize(model.events);
            commands.forEach(command -> answer(axon, command));
            assertThat(ends(events)).isLessThanOrEqualTo(1);
        } finally {
            axon.shutdown();
        }
    }

    private static long ends(InMemoryEventStorageEngine events) {
        return events.readEvents(Examples.ID.value(), 0)
                .asStream()
                .filter(message -> message.getPayload() instanceof TransferEndedEvent)
                .count();
    }

    private static String answer(Configuration axon, TransferCommand command) {
        AtomicReference<CommandResultMessage<?>> result = new AtomicReference<>();
        CommandMessage<Object> message = GenericCommandMessage.asCommandMessage(command);
        axon.commandBus().dispatch(message, (sent, answer) -> result.set(answer));
        if (!result.get().isExceptional()) {
            return result.get().getPayload().toString();
        }
        return result.get().exceptionResult() instanceof CommandExecutionException refused
                        && refused.getDetails().orElse(null) instanceof TransferRefusal refusal
                ? refusal.kind().name()
                : "error";
    }

    @Provide
    Arbitrary<List<TransferCommand>> commands() {
        return Arbitraries.<TransferCommand>of(
                        new RequestTransfer(Examples.ID, Examples.FROM, Examples.TO, Examples.AMOUNT, "rent"),
                        new RequestTransfer(Examples.ID, Examples.FROM, Examples.TO, Examples.AMOUNT, "another"),
                        new CancelTransfer(Examples.ID),
                        new ExpireTransfer(Examples.ID),
                        new ParkTransfer(Examples.ID, TransferStep.CREDIT, "tried", 0L),
                        new ParkTransfer(Examples.ID, TransferStep.CREDIT, "tried", 2L),
                        new ParkTransfer(Examples.ID, TransferStep.CAPTURE, "tried", 4L),
                        new ParkTransfer(Examples.ID, TransferStep.CAPTURE, "tried", null),
                        new ResumeTransfer(Examples.ID, "operation-1"),
                        new ResumeTransfer(Examples.ID, "operation-2"),
                        new CompleteTransfer(Examples.ID),
                        new FailTransfer(Examples.ID, RefusalReason.AM04))
                .list()
                .ofMinSize(1)
                .ofMaxSize(25);
    }

    /** What a transfer should do, said as plainly as possible. */
    private static final class Model {
        private String content;
        private boolean calledOff;
        private boolean cancelled;
        private TransferStep parkedAt;
        private long since;
        private int events;
        private final Set<String> resumedBy = new HashSet<>();
        private TransferStatus end;

        String answer(TransferCommand command) {
            if (command instanceof RequestTransfer request) {
                if (content == null) {
                    content = request.reference();
                    events++;
                }
                return content.equals(request.reference()) ? status() : "CONFLICT";
            }
            if (content == null) {
                return "UNKNOWN";
            }
            if (command instanceof CancelTransfer) {
                return cancel();
            }
            if (command instanceof ResumeTransfer resume) {
                return resume(resume.operationId());
            }
            if (command instanceof CompleteTransfer) {
                end(TransferStatus.COMPLETED);
                return end == TransferStatus.COMPLETED ? status() : "error";
            }
            if (command instanceof FailTransfer) {
                end(cancelled ? TransferStatus.CANCELLED : TransferStatus.FAILED);
                return end != TransferStatus.COMPLETED ? status() : "error";
            }
            if (command instanceof ParkTransfer parking) {
                park(parking);
            } else if (!calledOff && end == null) {
                calledOff = true;
                goOn();
            }
            return status();
        }

        private void end(TransferStatus as) {
            if (end == null) {
                end = as;
                events++;
            }
        }

        private void park(ParkTransfer parking) {
            boolean isOfNow = parking.since() == null || parking.since() >= since;
            boolean isFurtherOn = parkedAt == null || (parkedAt == TransferStep.CREDIT && parking.step() != parkedAt);
            if (end == null && isOfNow && isFurtherOn) {
                parkedAt = parking.step();
                events++;
            }
        }

        private void goOn() {
            parkedAt = null;
            since = events++;
        }

        private String cancel() {
            if (end == TransferStatus.COMPLETED || end == TransferStatus.FAILED) {
                return "FINAL";
            }
            if (!cancelled) {
                cancelled = true;
                calledOff = true;
                goOn();
            }
            return status();
        }

        private String resume(String operation) {
            if (resumedBy.contains(operation)) {
                return status();
            }
            if (end != null) {
                return "FINAL";
            }
            if (parkedAt == null) {
                return "NOT_PARKED";
            }
            resumedBy.add(operation);
            goOn();
            return status();
        }

        private String status() {
            return end != null ? end.name() : parkedAt != null ? "PARKED" : "RECEIVED";
        }
    }
}
