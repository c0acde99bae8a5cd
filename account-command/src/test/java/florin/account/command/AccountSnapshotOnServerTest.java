package florin.account.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import florin.account.api.Iban;
import florin.account.api.WithdrawMoney;
import florin.money.Money;
import java.util.UUID;
import org.axonframework.eventhandling.DomainEventMessage;
import org.axonframework.eventhandling.GenericDomainEventMessage;
import org.axonframework.eventsourcing.eventstore.EventStore;
import org.axonframework.serialization.Revision;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.core.env.Environment;

/** Snapshots as the service really writes and reads them. */
class AccountSnapshotOnServerTest extends BranchTest {

    @Autowired
    private EventStore events;

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
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(first(iban).getPayloadType()).isEqualTo(Account.class));
        return iban;
    }

    @Test
    void aBusyAccountIsReadFromASnapshot() {
        String iban = accountWithASnapshot();

        assertThat(first(iban).getType()).isEqualTo("Account");
        assertThat(first(iban).getSequenceNumber()).isPositive();
        assertThat(bookedAfterWithdrawing(iban)).isEqualTo(Money.of("0.00", "EUR"));
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
