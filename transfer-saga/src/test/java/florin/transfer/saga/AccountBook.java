package florin.transfer.saga;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import florin.account.api.AccountCommand;
import florin.account.api.CancelTransferCredit;
import florin.account.api.CaptureReservation;
import florin.account.api.CreditState;
import florin.account.api.CreditTransfer;
import florin.account.api.FundsReservationRejected;
import florin.account.api.FundsReserved;
import florin.account.api.Iban;
import florin.account.api.RefusalReason;
import florin.account.api.ReleaseReservation;
import florin.account.api.ReservationCaptured;
import florin.account.api.ReservationReleased;
import florin.account.api.ReservationState;
import florin.account.api.ReserveFunds;
import florin.account.api.TransferCreditCancelled;
import florin.account.api.TransferCreditRejected;
import florin.account.api.TransferCredited;
import florin.kit.Correlation;
import florin.money.Money;
import florin.transfer.api.TransferId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.axonframework.axonserver.connector.AxonServerConfiguration;
import org.axonframework.common.Registration;
import org.axonframework.config.Configuration;
import org.axonframework.config.DefaultConfigurer;
import org.axonframework.messaging.correlation.SimpleCorrelationDataProvider;
import org.axonframework.messaging.interceptors.CorrelationDataInterceptor;
import org.axonframework.serialization.Serializer;
import org.axonframework.serialization.jackson3.Jackson3Serializer;

/** A branch with accounts in memory and a connection of its own to the event store: what it does with transfers. */
final class AccountBook implements AutoCloseable {

    private final Map<Iban, Money> balances = new ConcurrentHashMap<>();
    private final Map<TransferId, ReservationState> reservations = new ConcurrentHashMap<>();
    private final Map<TransferId, Money> reserved = new ConcurrentHashMap<>();
    private final Map<TransferId, CreditState> credits = new ConcurrentHashMap<>();
    private final AtomicInteger commandsHandled = new AtomicInteger();
    private final List<Registration> taken = new ArrayList<>();
    private final String branch;
    private final Configuration axon;

    private AccountBook(String branch, Configuration axon) {
        this.branch = branch;
        this.axon = axon;
    }

    static AccountBook open(String branch, int axonServerPort) {
        Serializer json = Jackson3Serializer.builder()
                .jsonMapperBuilderCustomizer(mapper -> mapper.changeDefaultVisibility(visibility -> visibility
                        .withFieldVisibility(Visibility.ANY)
                        .withGetterVisibility(Visibility.NONE)
                        .withIsGetterVisibility(Visibility.NONE)))
                .build();
        AxonServerConfiguration server = AxonServerConfiguration.builder()
                .servers("localhost:" + axonServerPort)
                .componentName("branch-" + branch)
                .build();
        AccountBook book = new AccountBook(
                branch,
                DefaultConfigurer.defaultConfiguration()
                        .registerComponent(AxonServerConfiguration.class, configuration -> server)
                        .configureSerializer(configuration -> json)
                        .configureEventSerializer(configuration -> json)
                        .configureMessageSerializer(configuration -> json)
                        .buildConfiguration());
        book.axon.start();
        book.axon
                .commandBus()
                .registerHandlerInterceptor(new CorrelationDataInterceptor<>(
                        new SimpleCorrelationDataProvider(Correlation.KEY, Correlation.ATTEMPT)));
        book.comeBack();
        return book;
    }

    void deposit(Iban iban, String euros) {
        balances.put(iban, Money.of(euros, "EUR"));
    }

    Money balance(Iban iban) {
        return balances.get(iban);
    }

    /** The branch takes no commands until it comes back; its accounts stay as they are. */
    void goAway() {
        taken.forEach(Registration::cancel);
        taken.clear();
    }

    void comeBack() {
        take(ReserveFunds.class, this::reserve);
        take(CreditTransfer.class, this::credit);
        take(CancelTransferCredit.class, this::cancel);
        take(CaptureReservation.class, this::capture);
        take(ReleaseReservation.class, this::release);
    }

    int commandsHandled() {
        return commandsHandled.get();
    }

    @Override
    public void close() {
        axon.shutdown();
    }

    private <C extends AccountCommand> void take(Class<C> type, Function<C, Object> handler) {
        taken.add(axon.commandBus().subscribe(type.getName() + "@" + branch, message -> {
            commandsHandled.incrementAndGet();
            synchronized (this) {
                return handler.apply(type.cast(message.getPayload()));
            }
        }));
    }

    private Object reserve(ReserveFunds command) {
        return reservations.computeIfAbsent(command.transferId(), id -> {
            Money balance = balances.get(command.iban());
            if (balance == null || balance.isLessThan(command.amount())) {
                publish(new FundsReservationRejected(
                        command.iban(), id, balance == null ? RefusalReason.AC01 : RefusalReason.AM04));
                return ReservationState.REJECTED;
            }
            balances.put(command.iban(), balance.minus(command.amount()));
            reserved.put(id, command.amount());
            publish(new FundsReserved(command.iban(), id, command.amount(), command.creditor()));
            return ReservationState.RESERVED;
        });
    }

    private Object credit(CreditTransfer command) {
        return credits.computeIfAbsent(command.transferId(), id -> {
            Money balance = balances.get(command.iban());
            if (balance == null) {
                publish(new TransferCreditRejected(command.iban(), id, RefusalReason.AC01));
                return CreditState.REJECTED;
            }
            balances.put(command.iban(), balance.plus(command.amount()));
            publish(new TransferCredited(command.iban(), id, command.amount(), command.debtor()));
            return CreditState.CREDITED;
        });
    }

    private Object cancel(CancelTransferCredit command) {
        return credits.computeIfAbsent(command.transferId(), id -> {
            publish(new TransferCreditCancelled(command.iban(), id));
            return CreditState.CANCELLED;
        });
    }

    private Object capture(CaptureReservation command) {
        if (reservations.replace(command.transferId(), ReservationState.RESERVED, ReservationState.CAPTURED)) {
            publish(new ReservationCaptured(command.iban(), command.transferId(), reserved.get(command.transferId())));
        }
        return reservations.get(command.transferId());
    }

    private Object release(ReleaseReservation command) {
        reservations.computeIfAbsent(command.transferId(), id -> {
            publish(new FundsReservationRejected(command.iban(), id, RefusalReason.TM01));
            return ReservationState.REJECTED;
        });
        if (reservations.replace(command.transferId(), ReservationState.RESERVED, ReservationState.RELEASED)) {
            Money amount = reserved.get(command.transferId());
            balances.compute(command.iban(), (iban, balance) -> balance.plus(amount));
            publish(new ReservationReleased(command.iban(), command.transferId(), amount));
        }
        return reservations.get(command.transferId());
    }

    private void publish(Object event) {
        axon.eventGateway().publish(event);
    }
}
