package florin.account.api;

import florin.money.Money;
import java.util.List;

/** Every ledger account with its sum, and the total per currency, which is always zero. */
public record TrialBalance(List<Line> lines, List<Money> totals) {
    /** One ledger account in one currency. */
    public record Line(String account, Money balance) {}
}
