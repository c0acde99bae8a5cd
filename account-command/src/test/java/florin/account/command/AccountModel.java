package florin.account.command;

import florin.account.api.AccountCommand;
import florin.account.api.BarOperation;
import florin.account.api.BlockAccount;
import florin.account.api.CancelTransferCredit;
import florin.account.api.CaptureReservation;
import florin.account.api.CloseAccount;
import florin.account.api.CreditTransfer;
import florin.account.api.DepositMoney;
import florin.account.api.OpenAccount;
import florin.account.api.ReleaseReservation;
import florin.account.api.ReserveFunds;
import florin.account.api.UnblockAccount;
import florin.account.api.WithdrawMoney;
import florin.money.Money;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.Map;

/**
 * What an account should do, said as plainly as possible: big numbers, strings and maps.
 *
 * <p>An answer is the name of a state, {@code ok}, {@code error}, or the code of a refusal.
 */
final class AccountModel {

    private static final BigInteger MOST = BigInteger.valueOf(Long.MAX_VALUE);

    private String opened;
    private boolean blocked;
    private boolean closed;
    private BigInteger booked = BigInteger.ZERO;
    private BigInteger reserved = BigInteger.ZERO;
    private BigInteger limit = BigInteger.ZERO;
    private final Map<String, String> operations = new HashMap<>();
    private final Map<String, String> amounts = new HashMap<>();
    private final Map<String, String> sources = new HashMap<>();
    private final Map<String, String> targets = new HashMap<>();

    boolean isOpened() {
        return opened != null;
    }

    BigInteger booked() {
        return booked;
    }

    BigInteger reserved() {
        return reserved;
    }

    BigInteger available() {
        return booked.subtract(reserved).add(limit);
    }

    String answer(AccountCommand command) {
        if (command instanceof OpenAccount open) {
            return open(open);
        }
        if (command instanceof DepositMoney deposit) {
            return operation(deposit.operationId(), "deposit", deposit.amount());
        }
        if (command instanceof WithdrawMoney withdrawal) {
            return operation(withdrawal.operationId(), "withdrawal", withdrawal.amount());
        }
        if (command instanceof BarOperation bar) {
            return String.valueOf(operations
                    .computeIfAbsent(bar.operationId(), id -> "barred")
                    .equals("barred"));
        }
        if (command instanceof BlockAccount block) {
            return block(block.operationId(), "block", true);
        }
        if (command instanceof UnblockAccount unblock) {
            return block(unblock.operationId(), "unblock", false);
        }
        if (command instanceof CloseAccount close) {
            return close(close.operationId());
        }
        if (command instanceof ReserveFunds reserve) {
            return reserve(reserve.transferId().value(), reserve.amount());
        }
        if (command instanceof CaptureReservation capture) {
            return capture(capture.transferId().value());
        }
        if (command instanceof ReleaseReservation release) {
            return release(release.transferId().value());
        }
        if (command instanceof CreditTransfer credit) {
            return credit(credit.transferId().value(), credit.amount());
        }
        return targets.computeIfAbsent(
                ((CancelTransferCredit) command).transferId().value(), id -> "CANCELLED");
    }

    private String open(OpenAccount command) {
        String content = command.owner() + command.currency() + command.overdraftLimit();
        if (opened == null) {
            opened = content;
            limit = minor(command.overdraftLimit());
        }
        return opened.equals(content) ? "ok" : "AM05";
    }

    private String operation(String id, String kind, Money amount) {
        String content = kind + amount;
        if (operations.containsKey(id)) {
            return operations.get(id).equals(content) ? "ok" : "AM05";
        }
        String refusal = kind.equals("deposit") ? refuseCredit(amount) : refuseDebit(amount);
        if (refusal != null) {
            return refusal;
        }
        operations.put(id, content);
        booked = kind.equals("deposit") ? booked.add(minor(amount)) : booked.subtract(minor(amount));
        return "ok";
    }

    private String block(String id, String kind, boolean isBlocked) {
        if (opened == null) {
            return "AC01";
        }
        if (operations.containsKey(id)) {
            return operations.get(id).equals(kind) ? "ok" : "AM05";
        }
        if (closed) {
            return "AC04";
        }
        operations.put(id, kind);
        blocked = isBlocked;
        return "ok";
    }

    private String close(String id) {
        if (opened == null) {
            return "AC01";
        }
        if (operations.containsKey(id)) {
            return operations.get(id).equals("closure") ? "ok" : "AM05";
        }
        if (closed) {
            return "AC04";
        }
        if (blocked) {
            return "AC06";
        }
        if (booked.signum() != 0 || reserved.signum() != 0) {
            return "AG01";
        }
        closed = true;
        operations.put(id, "closure");
        return "ok";
    }

    private String reserve(String id, Money amount) {
        String state = sources.get(id);
        if (state != null) {
            return state.equals("REJECTED") || amount.toString().equals(amounts.get("source" + id)) ? state : "AM05";
        }
        if (refuseDebit(amount) != null) {
            sources.put(id, "REJECTED");
            return "REJECTED";
        }
        sources.put(id, "RESERVED");
        amounts.put("source" + id, amount.toString());
        reserved = reserved.add(minor(amount));
        return "RESERVED";
    }

    private String capture(String id) {
        String state = sources.getOrDefault(id, "nothing");
        if (state.equals("RESERVED")) {
            BigInteger amount = minor(amounts.get("source" + id));
            reserved = reserved.subtract(amount);
            booked = booked.subtract(amount);
            sources.put(id, "CAPTURED");
            return "CAPTURED";
        }
        return state.equals("CAPTURED") ? "CAPTURED" : "error";
    }

    private String release(String id) {
        String state = sources.getOrDefault(id, "nothing");
        if (state.equals("RESERVED")) {
            reserved = reserved.subtract(minor(amounts.get("source" + id)));
            sources.put(id, "RELEASED");
        } else if (state.equals("nothing")) {
            sources.put(id, "REJECTED");
        }
        return sources.get(id);
    }

    private String credit(String id, Money amount) {
        String state = targets.get(id);
        if (state != null) {
            return !state.equals("CREDITED") || amount.toString().equals(amounts.get("target" + id)) ? state : "AM05";
        }
        if (refuseCredit(amount) != null) {
            targets.put(id, "REJECTED");
            return "REJECTED";
        }
        targets.put(id, "CREDITED");
        amounts.put("target" + id, amount.toString());
        booked = booked.add(minor(amount));
        return "CREDITED";
    }

    private String refuseDebit(Money amount) {
        String refusal = refuse(amount);
        return refusal == null && available().compareTo(minor(amount)) < 0 ? "AM04" : refusal;
    }

    private String refuseCredit(Money amount) {
        String refusal = refuse(amount);
        return refusal == null && booked.add(limit).add(minor(amount)).compareTo(MOST) > 0 ? "AM02" : refusal;
    }

    private String refuse(Money amount) {
        if (opened == null) {
            return "AC01";
        }
        if (closed) {
            return "AC04";
        }
        if (blocked) {
            return "AC06";
        }
        return amount.currency().getCurrencyCode().equals("EUR") ? null : "AM03";
    }

    private static BigInteger minor(Money amount) {
        return BigInteger.valueOf(amount.minorUnits());
    }

    private static BigInteger minor(String amount) {
        return new BigInteger(amount.replaceAll("[^0-9]", ""));
    }
}
