package florin.chaos;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Checks every invariant; those of what is shown if it could be read. */
final class Checker {
    private static final String UNKNOWN = "unknown: in the log at most once";
    private static final String REFUSED = "refused: never in the log";
    private static final String RETRIES = "retries told are in the log";

    /** Not every run has something that they are about. */
    private static final Set<String> MAY_BE_EMPTY = Set.of(UNKNOWN, REFUSED, RETRIES);

    static final Map<String, Invariant> INVARIANTS = invariants();
    static final Map<String, Invariant> SHOWN_INVARIANTS = shownInvariants();

    private Checker() {}

    private static Map<String, Invariant> invariants() {
        Map<String, Invariant> all = new LinkedHashMap<>();
        all.put("the log is unbroken", LogInvariants::isUnbroken);
        all.put("no account below its limit at any position", LogInvariants::staysWithinLimits);
        all.put("every transfer is final", LogInvariants::transfersAreFinal);
        all.put("each step after the one that allows it", LogInvariants::stepsFollowEachOther);
        all.put("ends were called for", LogInvariants::endsWereCalledFor);
        all.put("each order had one effect", LogInvariants::ordersHaveOneEffect);
        all.put("completed moved once, others not at all", LogInvariants::moneyMovesOnceOrNotAtAll);
        all.put("every reservation ended once", LogInvariants::reservationsEndOnce);
        all.put("clearing is zero at rest", LogInvariants::clearingIsZero);
        all.put("blocked and closed take no new business", LogInvariants::blockedAndClosedTakeNoNewBusiness);
        all.put("acknowledged: in the log once", ToldInvariants::acknowledgedIsThereOnce);
        all.put(UNKNOWN, ToldInvariants::unknownIsThereAtMostOnce);
        all.put(REFUSED, ToldInvariants::refusedIsNeverThere);
        all.put("nothing that nobody asked for", ToldInvariants::onlyWhatWasAskedForIsThere);
        all.put("blocks and closures told are in the log", ToldInvariants::turnsAreThoseAskedFor);
        all.put(RETRIES, ToldInvariants::retriesAreThoseAskedFor);
        all.put("balances told are those of the log", ToldInvariants::balancesWereTrue);
        all.put("states of transfers told came true", ToldInvariants::statesOfTransfersWereTrue);
        all.put("what was shown was not taken back", ToldInvariants::whatWasShownStays);
        all.put("repetitions had the same answer", ToldInvariants::repetitionsAreAnsweredTheSame);
        all.put("refusals were deserved", ToldInvariants::refusalsAreDeserved);
        all.put("entries told sum to zero at any instant", ToldInvariants::trialBalancesWereZero);
        return all;
    }

    private static Map<String, Invariant> shownInvariants() {
        Map<String, Invariant> all = new LinkedHashMap<>();
        all.put("accounts shown are those of the log", ReadModelInvariants::accountsAreThoseOfTheLog);
        all.put("entries shown are those of the log", ReadModelInvariants::entriesAreThoseOfTheLog);
        all.put("trial balance shown is that of the log", ReadModelInvariants::trialBalanceIsThatOfTheLog);
        all.put("transfers shown are those of the log", ReadModelInvariants::transfersAreThoseOfTheLog);
        all.put("projections have seen all events", ReadModelInvariants::projectionsHaveSeenAll);
        return all;
    }

    static List<Verdict> check(Invariant.Evidence evidence) {
        Map<String, Invariant> all = new LinkedHashMap<>(INVARIANTS);
        if (evidence.readModel().isPresent()) {
            all.putAll(SHOWN_INVARIANTS);
        }
        List<Verdict> verdicts = new ArrayList<>();
        all.forEach((name, invariant) -> {
            Verdict verdict = new Verdict(name, MAY_BE_EMPTY.contains(name));
            invariant.check(evidence, verdict);
            verdicts.add(verdict);
        });
        return verdicts;
    }
}
