package florin.account.command;

import florin.account.api.AccountClosed;
import florin.account.api.AccountOpened;
import florin.account.api.Iban;
import florin.kit.Columns;
import java.time.Instant;
import org.axonframework.config.ProcessingGroup;
import org.axonframework.eventhandling.EventHandler;
import org.axonframework.eventhandling.Timestamp;
import org.springframework.stereotype.Component;

/** Makes the registry agree with the events of this branch, in one transaction with the position it has read to. */
@Component
@ProcessingGroup(RegistryProjection.GROUP)
class RegistryProjection {

    static final String GROUP = "account-registry";
    private static final int LONGEST_OWNER = 140;

    private final AccountRegistry registry;
    private final BranchProperties branch;

    RegistryProjection(AccountRegistry registry, BranchProperties branch) {
        this.registry = registry;
        this.branch = branch;
    }

    @EventHandler
    void on(AccountOpened event, @Timestamp Instant at) {
        if (isOfThisBranch(event.iban())) {
            registry.recordOpened(event.iban(), Columns.storable(event.owner(), LONGEST_OWNER), event.currency(), at);
        }
    }

    @EventHandler
    void on(AccountClosed event) {
        if (isOfThisBranch(event.iban())) {
            registry.recordClosed(event.iban());
        }
    }

    private boolean isOfThisBranch(Iban iban) {
        return iban.branch().equals(branch.branch());
    }
}
