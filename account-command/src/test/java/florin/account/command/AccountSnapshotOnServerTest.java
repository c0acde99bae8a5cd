package florin.account.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import florin.account.api.AccountEvent;
import florin.account.api.AccountOpened;
import florin.account.api.DepositMoney;
import florin.account.api.Iban;
import florin.account.api.TransferCredited;
import florin.account.api.WithdrawMoney;
import florin.money.Money;
import florin.transfer.api.TransferId;
import io.axoniq.axonserver.grpc.SerializedObject;
import io.axoniq.axonserver.grpc.event.Event;
import java.util.ArrayList;
import java.util.Currency;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.axonframework.axonserver.connector.AxonServerConnectionManager;
import org.axonframework.eventhandling.DomainEventMessage;
import org.axonframework.eventhandling.GenericDomainEventMessage;
import org.axonframework.eventsourcing.eventstore.EventStore;
import org.axonframework.serialization.Revision;
import org.axonframework.serialization.Serializer;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.core.env.Environment;

/** Snapshots as the service really writes and reads them. */
class AccountSnapshotOnServerTest extends BranchTest {

    private static final Currency EUR = Currency.getInstance("EUR");
    private static final Iban OTHER = Iban.of("FLSO", 1);

    @Autowired
    private EventStore events;

    @Autowired
    private AxonServerConnectionManager connections;

    @Autowired
    private Serializer serializer;

    @Autowired
    private Environment settings;

    @Revision("0")
    record AccountOfAnEarlierShape(String balance) {}

    private DomainEventMessage<?> first(String iban) {
        return events.readEvents(iban).next();
    }

    private String accountWithASnapshot() {
        String iban = open();
        for (int index = 0; index < AccountConfiguration.EVENTS_PER_SNAPSHOT; index++) {
            deposit(iban, "1.00").isCreated();
        }
        awaitSnapshot(iban);
        return iban;
    }

    private void awaitSnapshot(String iban) {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(first(iban).getPayloadType()).isEqualTo(Account.class));
    }

    @Test
    void aBusyAccountIsReadFromASnapshot() {
        String iban = accountWithASnapshot();

        assertThat(first(iban).getType()).isEqualTo("Account");
        assertThat(first(iban).getSequenceNumber()).isPositive();
        assertThat(bookedAfterWithdrawing(iban)).isEqualTo(Money.of("0.00", "EUR"));
    }

    @Test
    void aSnapshotIsWhatTheStoredEventsMake() {
        String iban = accountWithASnapshot();
        DomainEventMessage<?> snapshot = first(iban);
        try (AccountStore replay = new AccountStore(Integer.MAX_VALUE)) {
            replay.append(events.readEvents(iban, 0)
                    .asStream()
                    .filter(event -> event.getSequenceNumber() <= snapshot.getSequenceNumber())
                    .toList());

            assertThat(serializer.serialize(snapshot.getPayload(), String.class).getData())
                    .isEqualTo(replay.replayed(new Iban(iban)));
        }
    }

    /** The default bound of what it remembers, reached in one direction. */
    @Test
    void anAccountThatRemembersAllItMayIsReadFromASnapshot() {
        Iban iban = Iban.of("FLNO", 999_999_999);
        long position = 0;
        publish(iban, position++, new AccountOpened(iban, "owner", EUR, Money.of("0.00", "EUR")));
        List<DomainEventMessage<?>> legs = new ArrayList<>();
        for (int leg = 0; leg < 100_000; leg++) {
            legs.add(event(
                    iban, position++, new TransferCredited(iban, TransferId.random(), Money.of("1.00", "EUR"), OTHER)));
            if (legs.size() == 1_000) {
                events.publish(legs);
                legs.clear();
            }
        }
        DepositMoney last = new DepositMoney(iban, "last", Money.of("1.00", "EUR"), "cash");
        String database = settings.getProperty("spring.datasource.url");
        try (BranchProcess another = new BranchProcess("FLNO", database)) {
            assertThat(another.handle(last).booked()).isEqualTo(Money.of("100001.00", "EUR"));
            awaitSnapshot(iban.value());
        }
        try (BranchProcess third = new BranchProcess("FLNO", database)) {
            assertThat(third.handle(last).booked()).isEqualTo(Money.of("100001.00", "EUR"));
        }
    }

    private static DomainEventMessage<?> event(Iban iban, long position, AccountEvent event) {
        return new GenericDomainEventMessage<>("Account", iban.value(), position, event);
    }

    private void publish(Iban iban, long position, AccountEvent event) {
        events.publish(event(iban, position, event));
    }

    @Test
    void aSnapshotOfAnEarlierShapeIsDropped() {
        String iban = accountWithASnapshot();
        events.storeSnapshot(new GenericDomainEventMessage<>(
                "Account",
                iban,
                AccountConfiguration.EVENTS_PER_SNAPSHOT,
                new AccountOfAnEarlierShape("of another shape")));

        assertThat(bookedAfterWithdrawing(iban)).isEqualTo(Money.of("0.00", "EUR"));
    }

    @Test
    void aSnapshotThatCannotBeReadIsPassedOver() throws Exception {
        String iban = accountWithASnapshot();
        connections
                .getConnection()
                .eventChannel()
                .appendSnapshot(Event.newBuilder()
                        .setMessageIdentifier(UUID.randomUUID().toString())
                        .setAggregateType("Account")
                        .setAggregateIdentifier(iban)
                        .setAggregateSequenceNumber(AccountConfiguration.EVENTS_PER_SNAPSHOT)
                        .setPayload(SerializedObject.newBuilder()
                                .setType(Account.class.getName())
                                .setRevision("5")
                                .setData(ByteString.copyFromUtf8("{\"operations\":{\"entries\":\"AAAA\"}}")))
                        .build())
                .get(30, TimeUnit.SECONDS);

        assertThat(bookedAfterWithdrawing(iban)).isEqualTo(Money.of("0.00", "EUR"));
    }

    /** By a process that does not have the account in memory. */
    private Money bookedAfterWithdrawing(String iban) {
        try (BranchProcess another = new BranchProcess("FLNO", settings.getProperty("spring.datasource.url"))) {
            return another.handle(new WithdrawMoney(
                            new Iban(iban),
                            UUID.randomUUID().toString(),
                            Money.of(AccountConfiguration.EVENTS_PER_SNAPSHOT + ".00", "EUR"),
                            "cash"))
                    .booked();
        }
    }
}
