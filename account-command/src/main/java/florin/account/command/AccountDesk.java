package florin.account.command;

import florin.account.api.AccountBalance;
import florin.account.api.AccountCommand;
import florin.account.api.AccountRefusal;
import florin.account.api.BarOperation;
import florin.account.api.CloseAccount;
import florin.account.api.Iban;
import florin.account.api.OpenAccount;
import florin.account.api.RefusalReason;
import florin.money.Money;
import java.util.Currency;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.axonframework.commandhandling.gateway.CommandGateway;
import org.axonframework.messaging.HandlerExecutionException;
import org.springframework.stereotype.Component;

/** Gives commands to accounts, and keeps the registry in step where a command opens or closes one. */
@Component
class AccountDesk {

    /** How long a request waits for its command; no answer by then is not a no. */
    private static final long PATIENCE_SECONDS = 10;

    private final CommandGateway commands;
    private final AccountRegistry registry;

    AccountDesk(CommandGateway commands, AccountRegistry registry) {
        this.commands = commands;
        this.registry = registry;
    }

    AccountBalance open(String operationId, String owner, Currency currency, Money overdraftLimit) {
        Iban iban = registry.claim(operationId, owner, currency);
        AccountBalance opened;
        try {
            opened = send(new OpenAccount(iban, owner, currency, overdraftLimit));
        } catch (RuntimeException fault) {
            registry.giveUp(iban, operationId);
            throw isOpenedBefore(fault) ? registry.openedBefore(iban, owner, currency) : fault;
        }
        registry.markOpen(iban, operationId, owner, currency);
        return opened;
    }

    AccountBalance close(Iban iban, String operationId) {
        AccountBalance closed = send(new CloseAccount(iban, operationId));
        registry.recordClosed(iban);
        return closed;
    }

    AccountBalance send(AccountCommand command) {
        return answer(commands.send(command));
    }

    /** Sees to it that an operation which was refused is not done by an attempt that comes late; false if it has been done. */
    boolean bar(Iban iban, String operationId) {
        return answer(commands.<Boolean>send(new BarOperation(iban, operationId)));
    }

    private static <A> A answer(CompletableFuture<A> sent) {
        return sent.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
    }

    /** A claim was taken over whose OpenAccount had been done, with other content; or the number is another one's. */
    private static boolean isOpenedBefore(RuntimeException fault) {
        return fault instanceof CompletionException
                && fault.getCause() instanceof HandlerExecutionException execution
                && execution.getDetails().orElse(null) instanceof AccountRefusal refusal
                && refusal.reason() == RefusalReason.AM05;
    }
}
