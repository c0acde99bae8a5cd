package florin.simulation;

import static florin.simulation.Invariant.ACCOUNTS_SAY_FIRST;
import static florin.simulation.Invariant.ACKNOWLEDGED_STANDS;
import static florin.simulation.Invariant.ANSWER_IS_TRUE;
import static florin.simulation.Invariant.CLEARING_IS_IN_FLIGHT;
import static florin.simulation.Invariant.COMPLETED_MOVED_ONCE;
import static florin.simulation.Invariant.END_IS_NAMED_RIGHT;
import static florin.simulation.Invariant.ENTRIES_SUM_TO_ZERO;
import static florin.simulation.Invariant.FAILED_MOVED_NOTHING;
import static florin.simulation.Invariant.LIMIT_IS_KEPT;
import static florin.simulation.Invariant.NOTHING_IS_LEFT;
import static florin.simulation.Invariant.NOTHING_THROWS;
import static florin.simulation.Invariant.ONE_EFFECT;
import static florin.simulation.Invariant.RESERVATION_ENDS;
import static florin.simulation.Invariant.TRANSFER_ENDS;

import florin.account.api.AccountBlocked;
import florin.account.api.AccountOpened;
import florin.account.api.CancelTransferCredit;
import florin.account.api.CaptureReservation;
import florin.account.api.CreditState;
import florin.account.api.CreditTransfer;
import florin.account.api.FundsReserved;
import florin.account.api.Iban;
import florin.account.api.MoneyDeposited;
import florin.account.api.MoneyWithdrawn;
import florin.account.api.OperationBarred;
import florin.account.api.RefusalReason;
import florin.account.api.ReleaseReservation;
import florin.account.api.ReservationCaptured;
import florin.account.api.ReserveFunds;
import florin.account.api.TransferCreditCancelled;
import florin.account.api.TransferCredited;
import florin.money.Money;
import florin.simulation.Scenario.Drivers;
import florin.transfer.api.CompleteTransfer;
import florin.transfer.api.FailTransfer;
import florin.transfer.api.ParkTransfer;
import florin.transfer.api.TransferCancellationRequested;
import florin.transfer.api.TransferCompleted;
import florin.transfer.api.TransferId;
import florin.transfer.api.TransferResumed;
import java.lang.reflect.Proxy;
import java.util.Currency;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.axonframework.commandhandling.CommandMessage;
import org.axonframework.commandhandling.GenericCommandMessage;
import org.axonframework.common.caching.Cache;
import org.axonframework.common.caching.NoCache;
import org.axonframework.eventhandling.DomainEventMessage;
import org.axonframework.eventhandling.EventMessage;
import org.axonframework.eventhandling.GenericDomainEventMessage;
import org.axonframework.eventhandling.GenericEventMessage;

/** The deliberate bugs, by the part that has them. */
final class Bugs {

    static final List<DeliberateBug> ALL = List.of(
            // The saga and the reconciler.
            new DeliberateBug(
                    "release-without-cancel",
                    "a transfer that is called off is released without asking its target first",
                    Set.of(ACCOUNTS_SAY_FIRST),
                    ReleaseWithoutCancel::new),
            new DeliberateBug(
                    "release-after-credit",
                    "a credit that stands is taken for a tombstone when the transfer is called off",
                    Set.of(ACCOUNTS_SAY_FIRST, TRANSFER_ENDS),
                    ReleaseAfterCredit::new),
            new DeliberateBug(
                    "unknown-means-no",
                    "a credit without an answer is taken for a refusal",
                    Set.of(ACCOUNTS_SAY_FIRST, RESERVATION_ENDS),
                    UnknownMeansNo::new),
            new DeliberateBug(
                    "sent-means-done",
                    "the reservation is captured as soon as the credit is sent",
                    Set.of(CLEARING_IS_IN_FLIGHT),
                    SentMeansDone::new),
            new DeliberateBug(
                    "complete-without-capture",
                    "the transfer is complete as soon as it is credited",
                    Set.of(RESERVATION_ENDS),
                    () -> new Bug() {
                        @Override
                        public List<Object> sent(Object command, int attempt) {
                            return command instanceof CaptureReservation capture
                                    ? List.of(new CompleteTransfer(capture.transferId()))
                                    : List.of(command);
                        }
                    }),
            new DeliberateBug(
                    "fail-without-release",
                    "the transfer has failed before its reservation is released",
                    Set.of(RESERVATION_ENDS, ACCOUNTS_SAY_FIRST),
                    () -> new Bug() {
                        @Override
                        public List<Object> sent(Object command, int attempt) {
                            return command instanceof ReleaseReservation release
                                    ? List.of(new FailTransfer(release.transferId(), RefusalReason.TM01))
                                    : List.of(command);
                        }
                    }),
            new DeliberateBug(
                    "made-up-reason",
                    "a transfer fails for want of money, whatever the accounts said",
                    Set.of(END_IS_NAMED_RIGHT),
                    () -> new Bug() {
                        @Override
                        public List<Object> sent(Object command, int attempt) {
                            return command instanceof FailTransfer fail
                                    ? List.of(new FailTransfer(fail.transferId(), RefusalReason.AM04))
                                    : List.of(command);
                        }
                    }),
            new DeliberateBug(
                    "retry-with-new-id",
                    "the second attempt of a credit has an id of its own",
                    Set.of(COMPLETED_MOVED_ONCE),
                    () -> new Bug() {
                        @Override
                        public List<Object> sent(Object command, int attempt) {
                            return attempt > 1 && command instanceof CreditTransfer credit
                                    ? List.of(new CreditTransfer(
                                            credit.iban(),
                                            new TransferId(credit.transferId() + "-" + attempt),
                                            credit.amount(),
                                            credit.debtor(),
                                            credit.requestedAt()))
                                    : List.of(command);
                        }
                    }),
            new DeliberateBug(
                    "reconciler-asleep",
                    "what the saga store has lost is not driven again",
                    Set.of(TRANSFER_ENDS),
                    () -> new Bug() {
                        @Override
                        public boolean reconcilerSleeps() {
                            return true;
                        }

                        @Override
                        public Optional<Drivers> drivers() {
                            return Optional.of(Drivers.BOTH);
                        }
                    }),
            new DeliberateBug(
                    "unexpected-fault",
                    "the saga and the reconciler do not expect a command to fail",
                    Set.of(NOTHING_THROWS),
                    () -> new Bug() {
                        @Override
                        public Object heard(Object command, Object answer) {
                            if (answer instanceof RuntimeException fault) {
                                throw fault;
                            }
                            return answer;
                        }
                    }),
            // Event processors, saga store and deadlines.
            new DeliberateBug(
                    "skipped-event",
                    "the saga skips a capture now and then; no reconciler",
                    Set.of(TRANSFER_ENDS),
                    () -> new SkippedEvent(Tracker.Kind.SAGA, ReservationCaptured.class)),
            new DeliberateBug(
                    "skipped-event-in-view",
                    "the view skips an end now and then",
                    Set.of(NOTHING_IS_LEFT),
                    () -> new SkippedEvent(Tracker.Kind.VIEW, TransferCompleted.class)),
            new DeliberateBug(
                    "shown-again",
                    "the view does not recognize events that it has shown before it lost its token",
                    Set.of(ACKNOWLEDGED_STANDS),
                    () -> new Bug() {
                        @Override
                        public boolean showsAgain() {
                            return true;
                        }

                        @Override
                        public int rate(Fault fault, int drawn) {
                            return switch (fault) {
                                case TOKENS_LOST -> 1_000;
                                case APPEND_REFUSED -> 2_500;
                                default -> drawn;
                            };
                        }
                    }),
            new DeliberateBug(
                    "sagas-without-token",
                    "sagas go on although their token is lost, and with it events that they wait for",
                    Set.of(TRANSFER_ENDS, NOTHING_IS_LEFT),
                    () -> new Bug() {
                        @Override
                        public boolean keepsSagasWithoutToken() {
                            return true;
                        }
                    }),
            new DeliberateBug(
                    "token-first",
                    "the saga's token is saved before its events are handled; no reconciler",
                    Set.of(TRANSFER_ENDS, NOTHING_IS_LEFT),
                    () -> new SagaAlone() {
                        @Override
                        public boolean savesTokenFirst() {
                            return true;
                        }
                    }),
            new DeliberateBug(
                    "saved-without-claim",
                    "a process saves what it has done although another has claimed that meanwhile",
                    Set.of(ACKNOWLEDGED_STANDS, NOTHING_IS_LEFT, TRANSFER_ENDS),
                    () -> new Bug() {
                        @Override
                        public boolean savesUnclaimed() {
                            return true;
                        }
                    }),
            new DeliberateBug(
                    "deadlines-in-memory",
                    "deadlines die with a process; no reconciler",
                    Set.of(TRANSFER_ENDS, NOTHING_IS_LEFT),
                    () -> new SagaAlone() {
                        @Override
                        public boolean forgetsDeadlines() {
                            return true;
                        }
                    }),
            new DeliberateBug(
                    "overwritten-saga",
                    "a deadline on one process overwrites what an event has done to the saga on the other; no reconciler",
                    Set.of(TRANSFER_ENDS, NOTHING_IS_LEFT),
                    () -> new SagaAlone() {
                        @Override
                        public boolean overwritesSagas() {
                            return true;
                        }

                        @Override
                        public int rate(Fault fault, int drawn) {
                            return switch (fault) {
                                case SAVE_DELAYED -> 5_000;
                                case COMMAND_DROPPED, APPEND_REFUSED -> 2_500;
                                default -> drawn;
                            };
                        }
                    }),
            // The accounts and the transfers.
            new DeliberateBug(
                    "no-tombstone",
                    "an account forgets that it has barred a credit",
                    Set.of(FAILED_MOVED_NOTHING, TRANSFER_ENDS),
                    () -> remembering(event -> event instanceof TransferCreditCancelled ? null : event)),
            new DeliberateBug(
                    "forgotten-credit",
                    "an account does not recognize a credit that it has booked",
                    Set.of(COMPLETED_MOVED_ONCE),
                    () -> remembering(event -> event instanceof TransferCredited credited
                            ? new MoneyDeposited(
                                    credited.iban(), credited.transferId().value(), credited.amount(), "")
                            : event)),
            new DeliberateBug(
                    "forgotten-capture",
                    "an account captures a reservation again",
                    Set.of(COMPLETED_MOVED_ONCE, ANSWER_IS_TRUE),
                    () -> remembering(event -> event instanceof ReservationCaptured captured
                            ? new MoneyWithdrawn(
                                    captured.iban(), captured.transferId().value(), captured.amount(), "")
                            : event)),
            new DeliberateBug(
                    "forgotten-operation",
                    "an account does not recognize a deposit that is repeated",
                    Set.of(ACKNOWLEDGED_STANDS),
                    () -> remembering(event -> event instanceof MoneyDeposited deposited
                            ? new MoneyDeposited(deposited.iban(), "another", deposited.amount(), "")
                            : event)),
            new DeliberateBug(
                    "forgotten-cancellation",
                    "a transfer forgets that its cancellation was accepted",
                    Set.of(ONE_EFFECT, END_IS_NAMED_RIGHT, ACKNOWLEDGED_STANDS, TRANSFER_ENDS),
                    () -> remembering(event -> event instanceof TransferCancellationRequested ? null : event)),
            new DeliberateBug(
                    "expired-means-cancelled",
                    "a transfer whose time was up takes it for somebody's cancellation",
                    Set.of(END_IS_NAMED_RIGHT, ACKNOWLEDGED_STANDS),
                    () -> remembering(event -> event instanceof TransferCancellationRequested requested
                            ? new TransferCancellationRequested(requested.transferId(), RefusalReason.DS02)
                            : event)),
            new DeliberateBug(
                    "parked-too-late",
                    "a transfer is parked by a command of before it was let go on",
                    Set.of(ONE_EFFECT, NOTHING_THROWS),
                    () -> new Bug() {
                        @Override
                        public CommandMessage<?> carried(CommandMessage<?> command) {
                            return command.getPayload() instanceof ParkTransfer parking
                                    ? new GenericCommandMessage<>(
                                            new ParkTransfer(
                                                    parking.transferId(), parking.step(), parking.reason(), null),
                                            command.getMetaData())
                                    : command;
                        }
                    }),
            new DeliberateBug(
                    "forgotten-retry",
                    "a transfer forgets by which operation it was let go on",
                    Set.of(ONE_EFFECT),
                    ForgottenRetry::new),
            new DeliberateBug(
                    "below-the-limit",
                    "an account that has reserved something takes its limit for higher than it is",
                    Set.of(LIMIT_IS_KEPT, ANSWER_IS_TRUE),
                    Bugs::belowTheLimit),
            new DeliberateBug(
                    "forgotten-cent",
                    "an account takes a deposit for a cent less than it was",
                    Set.of(ANSWER_IS_TRUE),
                    () -> remembering(event -> event instanceof MoneyDeposited deposited
                            ? new MoneyDeposited(
                                    deposited.iban(),
                                    deposited.operationId(),
                                    new Money(
                                            deposited.amount().minorUnits() - 1,
                                            deposited.amount().currency()),
                                    deposited.reference())
                            : event)),
            new DeliberateBug(
                    "forgotten-block",
                    "an account forgets that it is blocked",
                    Set.of(ACKNOWLEDGED_STANDS),
                    () -> remembering(event -> event instanceof AccountBlocked ? null : event)),
            new DeliberateBug(
                    "forgotten-bar",
                    "an account forgets that an operation was refused for good",
                    Set.of(ACKNOWLEDGED_STANDS),
                    () -> remembering(event -> event instanceof OperationBarred ? null : event)),
            new DeliberateBug(
                    "currencies-mixed",
                    "an account takes euros, whatever it is held in",
                    Set.of(ENTRIES_SUM_TO_ZERO, COMPLETED_MOVED_ONCE, ANSWER_IS_TRUE),
                    () -> remembering(Bugs::inEuro)),
            new DeliberateBug(
                    "memory-too-short",
                    "an account remembers one transfer of each kind",
                    Set.of(TRANSFER_ENDS, ACKNOWLEDGED_STANDS),
                    () -> new Bug() {
                        @Override
                        public Optional<Integer> memory() {
                            return Optional.of(1);
                        }
                    }),
            new DeliberateBug(
                    "guessed-memory",
                    "an account takes every command for new, however old it is",
                    Set.of(COMPLETED_MOVED_ONCE, FAILED_MOVED_NOTHING, RESERVATION_ENDS),
                    GuessedMemory::new),
            new DeliberateBug(
                    "batch-written-first",
                    "the sagas of a batch are written behind its first event; no reconciler",
                    Set.of(TRANSFER_ENDS, NOTHING_IS_LEFT),
                    () -> new SagaAlone() {
                        @Override
                        public boolean writesBatchesFirst() {
                            return true;
                        }
                    }),
            // What a process keeps in memory, and snapshots.
            new DeliberateBug(
                    "kept-after-failure",
                    "an account or a transfer stays in memory as a command left it whose event was not stored",
                    Set.of(TRANSFER_ENDS, COMPLETED_MOVED_ONCE, LIMIT_IS_KEPT, ACKNOWLEDGED_STANDS, ANSWER_IS_TRUE),
                    () -> new Bug() {
                        @Override
                        public Cache kept(Cache cache) {
                            return Bugs.withoutRemoval(cache);
                        }
                    }),
            new DeliberateBug(
                    "stale-answer",
                    "an account or a transfer in memory answers as if no other process could have changed it",
                    Set.of(TRANSFER_ENDS, ACKNOWLEDGED_STANDS),
                    () -> new Bug() {
                        @Override
                        public boolean answersStale() {
                            return true;
                        }
                    }),
            new DeliberateBug(
                    "snapshot-behind-its-number",
                    "a snapshot lacks the last event that it says it holds",
                    Set.of(TRANSFER_ENDS, COMPLETED_MOVED_ONCE, ACKNOWLEDGED_STANDS, ANSWER_IS_TRUE),
                    () -> new Bug() {
                        @Override
                        public long snapshotNumber(long number) {
                            return number + 1;
                        }
                    }),
            // The event store and the command bus.
            new DeliberateBug(
                    "two-events-at-one-position",
                    "the event store takes what two instances have decided on the same state",
                    Set.of(
                            COMPLETED_MOVED_ONCE,
                            FAILED_MOVED_NOTHING,
                            ACKNOWLEDGED_STANDS,
                            LIMIT_IS_KEPT,
                            RESERVATION_ENDS,
                            ONE_EFFECT,
                            ANSWER_IS_TRUE),
                    () -> new Bug() {
                        @Override
                        public boolean acceptsAnyPosition() {
                            return true;
                        }
                    }),
            new DeliberateBug(
                    "answered-before-stored",
                    "a client is answered before the event is stored",
                    Set.of(ANSWER_IS_TRUE, ACKNOWLEDGED_STANDS),
                    () -> new Bug() {
                        @Override
                        public boolean answersFirst() {
                            return true;
                        }
                    }));

    private Bugs() {}

    /** The sources of transfers, learned from their reservations. */
    private abstract static class KnowsSources implements Bug {

        private final Map<TransferId, Iban> sources = new HashMap<>();

        @Override
        public List<Object> sent(Object command, int attempt) {
            if (command instanceof ReserveFunds reserve) {
                sources.put(reserve.transferId(), reserve.iban());
            }
            return List.of(command);
        }

        Optional<Iban> source(TransferId id) {
            return Optional.ofNullable(sources.get(id));
        }
    }

    private static final class ReleaseWithoutCancel extends KnowsSources {

        @Override
        public List<Object> sent(Object command, int attempt) {
            if (command instanceof CancelTransferCredit cancel
                    && source(cancel.transferId()).isPresent()) {
                return List.of(new ReleaseReservation(
                        source(cancel.transferId()).get(), cancel.transferId(), cancel.requestedAt()));
            }
            return super.sent(command, attempt);
        }
    }

    private static final class UnknownMeansNo extends KnowsSources {

        @Override
        public List<Object> provoked(Object command, Object answer) {
            if (command instanceof CreditTransfer credit
                    && answer instanceof Throwable
                    && source(credit.transferId()).isPresent()) {
                return List.of(
                        new ReleaseReservation(
                                source(credit.transferId()).get(), credit.transferId(), credit.requestedAt()),
                        new FailTransfer(credit.transferId(), RefusalReason.TM01));
            }
            return List.of();
        }
    }

    private static final class SentMeansDone extends KnowsSources {

        @Override
        public List<Object> sent(Object command, int attempt) {
            List<Object> sent = super.sent(command, attempt);
            return command instanceof CreditTransfer credit
                            && source(credit.transferId()).isPresent()
                    ? List.of(
                            command,
                            new CaptureReservation(source(credit.transferId()).get(), credit.transferId()))
                    : sent;
        }
    }

    private static final class ReleaseAfterCredit implements Bug {

        private final Set<TransferId> calledOff = new HashSet<>();

        @Override
        public Optional<EventMessage<?>> seen(Tracker.Kind kind, EventMessage<?> event) {
            if (event.getPayload() instanceof TransferCancellationRequested requested) {
                calledOff.add(requested.transferId());
            }
            return event.getPayload() instanceof TransferCredited credited
                            && kind.equals(Tracker.Kind.SAGA)
                            && calledOff.contains(credited.transferId())
                    ? Optional.of(GenericEventMessage.asEventMessage(
                            new TransferCreditCancelled(credited.iban(), credited.transferId())))
                    : Optional.of(event);
        }

        @Override
        public Object heard(Object command, Object answer) {
            return command instanceof CancelTransferCredit && answer == CreditState.CREDITED
                    ? CreditState.CANCELLED
                    : answer;
        }
    }

    private abstract static class SagaAlone implements Bug {

        @Override
        public Optional<Drivers> drivers() {
            return Optional.of(Drivers.SAGA_ALONE);
        }
    }

    /** Skips every fifth event of a type. */
    private static final class SkippedEvent extends SagaAlone {

        private final Tracker.Kind kind;
        private final Class<?> type;
        private int seen;

        SkippedEvent(Tracker.Kind kind, Class<?> type) {
            this.kind = kind;
            this.type = type;
        }

        @Override
        public Optional<EventMessage<?>> seen(Tracker.Kind by, EventMessage<?> event) {
            boolean skips = kind.equals(by) && type.isInstance(event.getPayload()) && ++seen % 5 == 0;
            return skips ? Optional.empty() : Optional.of(event);
        }
    }

    private static final class GuessedMemory implements Bug {

        @Override
        public CommandMessage<?> carried(CommandMessage<?> command) {
            return new GenericCommandMessage<>(young(command.getPayload()), command.getMetaData());
        }

        private static Object young(Object command) {
            if (command instanceof CreditTransfer credit) {
                return new CreditTransfer(
                        credit.iban(),
                        credit.transferId(),
                        credit.amount(),
                        credit.debtor(),
                        GenericEventMessage.clock.instant());
            }
            if (command instanceof ReserveFunds reserve) {
                return new ReserveFunds(
                        reserve.iban(),
                        reserve.transferId(),
                        reserve.amount(),
                        reserve.creditor(),
                        GenericEventMessage.clock.instant());
            }
            return command;
        }
    }

    private static Bug belowTheLimit() {
        Set<Iban> reserving = new HashSet<>();
        return remembering(event -> {
            if (event instanceof FundsReserved reserved) {
                reserving.add(reserved.iban());
            }
            return event instanceof AccountOpened opened && reserving.contains(opened.iban())
                    ? new AccountOpened(
                            opened.iban(),
                            opened.owner(),
                            opened.currency(),
                            new Money(opened.overdraftLimit().minorUnits() + 5_000, opened.currency()))
                    : event;
        });
    }

    private static Object inEuro(Object event) {
        Currency euro = Currency.getInstance("EUR");
        if (event instanceof AccountOpened opened) {
            return new AccountOpened(
                    opened.iban(),
                    opened.owner(),
                    euro,
                    new Money(opened.overdraftLimit().minorUnits(), euro));
        }
        if (event instanceof MoneyDeposited deposited) {
            return new MoneyDeposited(
                    deposited.iban(),
                    deposited.operationId(),
                    new Money(deposited.amount().minorUnits(), euro),
                    deposited.reference());
        }
        return event;
    }

    private static Bug remembering(Function<Object, Object> change) {
        return new Remembering(change);
    }

    /** An aggregate that remembers another event in the place of one of its own, or none; it is read for each command. */
    private static class Remembering implements Bug {

        private final Function<Object, Object> change;

        Remembering(Function<Object, Object> change) {
            this.change = change;
        }

        @Override
        public Cache kept(Cache cache) {
            return NoCache.INSTANCE;
        }

        @Override
        public List<DomainEventMessage<?>> remembered(List<DomainEventMessage<?>> events) {
            return events.stream()
                    .<DomainEventMessage<?>>mapMulti((event, next) -> {
                        Object payload = change.apply(event.getPayload());
                        if (payload != null) {
                            next.accept(with(event, payload));
                        }
                    })
                    .toList();
        }
    }

    private static final class ForgottenRetry extends Remembering {

        ForgottenRetry() {
            super(event ->
                    event instanceof TransferResumed resumed ? new TransferResumed(resumed.transferId(), null) : event);
        }

        @Override
        public int rate(Fault fault, int drawn) {
            return fault == Fault.COMMAND_DUPLICATED || fault == Fault.APPEND_REFUSED ? 2_500 : drawn;
        }
    }

    private static Cache withoutRemoval(Cache cache) {
        return (Cache) Proxy.newProxyInstance(
                Cache.class.getClassLoader(),
                new Class<?>[] {Cache.class},
                (proxy, method, arguments) ->
                        method.getName().equals("remove") ? (Object) false : method.invoke(cache, arguments));
    }

    private static DomainEventMessage<?> with(DomainEventMessage<?> event, Object payload) {
        return payload == event.getPayload()
                ? event
                : new GenericDomainEventMessage<>(
                        event.getType(),
                        event.getAggregateIdentifier(),
                        event.getSequenceNumber(),
                        payload,
                        event.getMetaData(),
                        event.getIdentifier(),
                        event.getTimestamp());
    }
}
