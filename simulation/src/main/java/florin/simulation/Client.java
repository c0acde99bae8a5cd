package florin.simulation;

import florin.account.api.AccountRefusal;
import florin.account.api.BarOperation;
import florin.account.api.BlockAccount;
import florin.account.api.CloseAccount;
import florin.account.api.DepositMoney;
import florin.account.api.OpenAccount;
import florin.account.api.UnblockAccount;
import florin.account.api.WithdrawMoney;
import florin.kit.Correlation;
import florin.transfer.api.CancelTransfer;
import florin.transfer.api.RequestTransfer;
import florin.transfer.api.TransferDetails;
import florin.transfer.api.TransferId;
import florin.transfer.api.TransferRefusal;
import florin.transfer.api.TransferStatus;
import florin.transfer.saga.SimulatedView;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.axonframework.commandhandling.GenericCommandMessage;
import org.axonframework.messaging.HandlerExecutionException;

/**
 * A customer, or an operator: asks, waits for an answer for five seconds, asks again, gives up after some time; has what was
 * refused barred, as a service does when the attempt was not the first; looks at transfers; and remembers what it was told, to
 * hold it against the books.
 */
final class Client {

    private static final long PATIENCE_MS = 5_000;
    private static final int MOST_TRIES = 8;

    private final Bank bank;
    private final Set<TransferId> cancellationsAccepted = new LinkedHashSet<>();
    private final Map<TransferId, Shown> shown = new HashMap<>();

    private int waiting;

    /** What was shown of a transfer last, and by which view: one that was lost begins anew. */
    private record Shown(SimulatedView view, TransferDetails details) {}

    Client(Bank bank) {
        this.bank = bank;
    }

    /** How many requests have neither been answered nor given up. */
    int waiting() {
        return waiting;
    }

    void ask(Object command) {
        waiting++;
        ask(command, 1, new boolean[1]);
    }

    private void ask(Object command, int tries, boolean[] answered) {
        String correlation = "request-" + Network.subject(command);
        bank.network()
                .send(
                        "client",
                        GenericCommandMessage.asCommandMessage(command)
                                .andMetaData(Map.of(Correlation.KEY, correlation)),
                        true,
                        answer -> hear(command, answer, answered));
        bank.time().after(PATIENCE_MS, () -> {
            if (!answered[0]) {
                if (tries < MOST_TRIES) {
                    ask(command, tries + 1, answered);
                } else {
                    answered[0] = true;
                    waiting--;
                }
            }
        });
    }

    private void hear(Object command, Object answer, boolean[] answered) {
        Optional<Object> refusal = refusal(answer);
        if (answer instanceof Throwable && refusal.isEmpty()) {
            return; // Nobody knows: it asks again.
        }
        if (!answered[0]) {
            answered[0] = true;
            waiting--;
        }
        if (refusal.isPresent()) {
            refused(command, refusal.get());
        } else {
            acknowledged(command, answer);
        }
    }

    /** What it was told must be so, now and for ever: the books are kept from a log that only grows. */
    private void acknowledged(Object command, Object answer) {
        boolean holds = true;
        if (command instanceof RequestTransfer request) {
            Books.Transfer transfer = bank.books().transfer(request.transferId());
            holds = transfer != null
                    && transfer.request.from().equals(request.from())
                    && transfer.request.to().equals(request.to())
                    && transfer.request.amount().equals(request.amount());
        } else if (command instanceof CancelTransfer cancel) {
            Books.Transfer transfer = bank.books().transfer(cancel.transferId());
            holds = transfer != null && transfer.cancelled;
            cancellationsAccepted.add(cancel.transferId());
        } else if (command instanceof DepositMoney deposit) {
            holds = bank.books().account(deposit.iban()).operations.contains(deposit.operationId());
        } else if (command instanceof WithdrawMoney withdrawal) {
            holds = bank.books().account(withdrawal.iban()).operations.contains(withdrawal.operationId());
        } else if (command instanceof BarOperation bar) {
            Books.Account account = bank.books().account(bar.iban());
            holds = (answer.equals(true) ? account.barred : account.operations).contains(bar.operationId());
        } else if (command instanceof BlockAccount block) {
            holds = bank.books().account(block.iban()).operations.contains(block.operationId());
        } else if (command instanceof UnblockAccount unblock) {
            holds = bank.books().account(unblock.iban()).operations.contains(unblock.operationId());
        } else if (command instanceof CloseAccount closure) {
            holds = bank.books().account(closure.iban()).closed;
        } else if (command instanceof OpenAccount opening) {
            holds = bank.books().account(opening.iban()).currency != null;
        }
        if (!holds) {
            bank.books()
                    .broken(
                            Invariant.ACKNOWLEDGED_STANDS,
                            Step.transferOf(command),
                            command + " was acknowledged, and is not in the log");
        }
    }

    private void refused(Object command, Object refusal) {
        if (command instanceof DepositMoney deposit) {
            ask(new BarOperation(deposit.iban(), deposit.operationId()));
        } else if (command instanceof WithdrawMoney withdrawal) {
            ask(new BarOperation(withdrawal.iban(), withdrawal.operationId()));
        } else if (command instanceof CloseAccount closure) {
            ask(new BarOperation(closure.iban(), closure.operationId()));
        }
        if (refusal instanceof TransferRefusal reason && reason.kind() == TransferRefusal.Kind.FINAL) {
            TransferId id = Step.transferOf(command);
            TransferStatus end = bank.books().transfer(id).end;
            if (end == null || (command instanceof CancelTransfer && end == TransferStatus.CANCELLED)) {
                bank.books()
                        .broken(
                                Invariant.ACKNOWLEDGED_STANDS,
                                id,
                                command + " was refused because the transfer has ended, and it is " + end);
            }
        }
    }

    /** What the view shows as final is so. As long as the view is not lost it is shown so, and no time goes back. */
    void look(TransferId id) {
        SimulatedView view = bank.database().view();
        TransferDetails details = view.find(id).orElse(null);
        Shown before = shown.get(id);
        if (before != null && before.view() == view && !follows(before.details(), details)) {
            bank.books()
                    .broken(
                            Invariant.ACKNOWLEDGED_STANDS,
                            id,
                            "it was shown as " + before.details() + ", and then as " + details);
        }
        if (details != null) {
            shown.put(id, new Shown(view, details));
            TransferStatus end = bank.books().transfer(id).end;
            if (details.status().isFinal() && details.status() != end) {
                bank.books()
                        .broken(
                                Invariant.ACKNOWLEDGED_STANDS,
                                id,
                                "it is shown " + details.status() + ", and is " + end);
            }
        }
    }

    private static boolean follows(TransferDetails before, TransferDetails details) {
        return details != null
                && !details.updatedAt().isBefore(before.updatedAt())
                && (!before.status().isFinal() || details.status() == before.status());
    }

    /** An accepted cancellation ends CANCELLED or COMPLETED. */
    void checkRest() {
        for (TransferId id : cancellationsAccepted) {
            if (bank.books().transfer(id).end == TransferStatus.FAILED) {
                bank.books()
                        .broken(Invariant.ACKNOWLEDGED_STANDS, id, "its cancellation was accepted, and it is FAILED");
            }
        }
    }

    private static Optional<Object> refusal(Object answer) {
        if (answer instanceof IllegalArgumentException invalid) {
            return Optional.of(invalid);
        }
        if (answer instanceof HandlerExecutionException failure) {
            return failure.getDetails()
                    .filter(details -> details instanceof AccountRefusal || details instanceof TransferRefusal);
        }
        return Optional.empty();
    }
}
