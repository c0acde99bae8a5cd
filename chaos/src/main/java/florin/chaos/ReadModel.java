package florin.chaos;

import florin.account.api.AccountDetails;
import florin.account.api.AccountEntry;
import florin.account.api.Iban;
import florin.account.api.TrialBalance;
import florin.transfer.api.TransferDetails;
import florin.transfer.api.TransferId;
import java.util.List;
import java.util.Map;

/** All that the query APIs show, at one time. */
record ReadModel(
        Map<Iban, AccountDetails> accounts,
        Map<Iban, List<AccountEntry>> entries,
        TrialBalance trialBalance,
        Map<TransferId, TransferDetails> transfers,
        List<Projection> projections) {

    /** Where a projection stands. */
    record Projection(String name, boolean running, boolean replaying, long head, long lag, long deadLetters) {
        boolean isAt(long token) {
            return running && !replaying && head >= token && lag == 0;
        }
    }
}
