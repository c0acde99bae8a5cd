package florin.chaos;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Checks every invariant. */
final class Checker {
    static final Map<String, Invariant> INVARIANTS = invariants();

    private Checker() {}

    private static Map<String, Invariant> invariants() {
        Map<String, Invariant> all = new LinkedHashMap<>();
        all.put("the log is unbroken", LogInvariants::isUnbroken);
        all.put("no account below its limit at any position", LogInvariants::staysWithinLimits);
        all.put("every transfer is final", LogInvariants::transfersAreFinal);
        all.put("completed moved once, others not at all", LogInvariants::moneyMovesOnceOrNotAtAll);
        all.put("every reservation ended once", LogInvariants::reservationsEndOnce);
        all.put("clearing is zero at rest", LogInvariants::clearingIsZero);
        all.put("blocked accounts take no new business", LogInvariants::blockedAccountsTakeNoNewBusiness);
        all.put("acknowledged: in the log once", ToldInvariants::acknowledgedIsThereOnce);
        all.put("unknown: in the log at most once", ToldInvariants::unknownIsThereAtMostOnce);
        all.put("refused: never in the log", ToldInvariants::refusedIsNeverThere);
        all.put("nothing that nobody asked for", ToldInvariants::onlyWhatWasAskedForIsThere);
        all.put("blocks told are in the log", ToldInvariants::blocksAreThoseAskedFor);
        all.put("balances told are those of the log", ToldInvariants::balancesWereTrue);
        all.put("states of transfers told came true", ToldInvariants::statesOfTransfersWereTrue);
        all.put("repetitions had the same answer", ToldInvariants::repetitionsAreAnsweredTheSame);
        all.put("refusals were deserved", ToldInvariants::refusalsAreDeserved);
        all.put("entries told sum to zero at any instant", ToldInvariants::trialBalancesWereZero);
        all.put("accounts shown are those of the log", ReadModelInvariants::accountsAreThoseOfTheLog);
        all.put("entries shown are those of the log", ReadModelInvariants::entriesAreThoseOfTheLog);
        all.put("trial balance shown is that of the log", ReadModelInvariants::trialBalanceIsThatOfTheLog);
        all.put("transfers shown are those of the log", ReadModelInvariants::transfersAreThoseOfTheLog);
        all.put("projections have seen all events", ReadModelInvariants::projectionsHaveSeenAll);
        return all;
    }

    static List<Verdict> check(Invariant.Evidence evidence) {
        List<Verdict> verdicts = new ArrayList<>();
        INVARIANTS.forEach((name, invariant) -> {
            Verdict verdict = new Verdict(name);
            invariant.check(evidence, verdict);
            verdicts.add(verdict);
        });
        return verdicts;
    }
}
