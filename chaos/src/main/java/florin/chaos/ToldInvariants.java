package florin.chaos;

import florin.account.api.AccountOpened;
import florin.account.api.AccountStatus;
import florin.account.api.FundsReserved;
import florin.account.api.Iban;
import florin.account.api.MoneyDeposited;
import florin.account.api.MoneyWithdrawn;
import florin.account.api.RefusalReason;
import florin.account.api.TransferCredited;
import florin.transfer.api.TransferCancellationRequested;
import florin.transfer.api.TransferFailed;
import florin.transfer.api.TransferParked;
import florin.transfer.api.TransferRequested;
import florin.transfer.api.TransferStatus;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;

/** What has to hold of the log because clients were told so. */
final class ToldInvariants {
    private static final String BLOCKED = "account-blocked";
    private static final Map<Kind, Set<String>> DESERVED = Map.of(
            Kind.OPEN, Set.of(),
            Kind.DEPOSIT, Set.of("wrong-currency", BLOCKED),
            Kind.WITHDRAWAL, Set.of("wrong-currency", BLOCKED, "insufficient-funds"),
            Kind.BLOCK, Set.of(),
            Kind.UNBLOCK, Set.of(),
            Kind.TRANSFER, Set.of("same-account"),
            Kind.CANCELLATION, Set.of("transfer-final"));

    private ToldInvariants() {}

    static void acknowledgedIsThereOnce(Invariant.Evidence evidence, Verdict verdict) {
        effects(evidence, Outcome.ACKNOWLEDGED, verdict, "acknowledged, so it is in the log once");
    }

    static void unknownIsThereAtMostOnce(Invariant.Evidence evidence, Verdict verdict) {
        effects(evidence, Outcome.UNKNOWN, verdict, "no answer that decides, so it is in the log at most once");
    }

    static void refusedIsNeverThere(Invariant.Evidence evidence, Verdict verdict) {
        effects(evidence, Outcome.REFUSED, verdict, "refused, so it is never in the log");
    }

    private static void effects(Invariant.Evidence evidence, Outcome outcome, Verdict verdict, String told) {
        Map<String, List<Object>> effects = Effects.byReference(evidence.log());
        for (History.Asked asked : evidence.history().operations()) {
            Operation operation = asked.operation();
            if (asked.outcome() != outcome || !Effects.haveReference(operation.kind())) {
                continue;
            }
            List<Object> found = effects.getOrDefault(operation.reference(), List.of());
            boolean count =
                    switch (outcome) {
                        case ACKNOWLEDGED -> found.size() == 1;
                        case UNKNOWN -> found.size() <= 1;
                        case REFUSED -> found.isEmpty();
                    };
            verdict.check(
                    count && found.stream().allMatch(effect -> Effects.isOf(effect, operation)),
                    operation.subject(),
                    told,
                    found.isEmpty() ? "nothing" : found);
        }
    }

    /** Money that nobody asked for does not move, and nothing is called off by itself but for its time limit. */
    static void onlyWhatWasAskedForIsThere(Invariant.Evidence evidence, Verdict verdict) {
        Map<String, Operation> asked = new HashMap<>();
        for (History.Asked one : evidence.history().operations()) {
            asked.put(one.operation().reference(), one.operation());
            if (one.operation().kind() == Kind.CANCELLATION) {
                asked.put("cancel " + one.operation().transferId(), one.operation());
            }
        }
        for (EventLog.Recorded event : evidence.log().events()) {
            Effects.reference(event.event())
                    .ifPresent(reference -> verdict.check(
                            asked.containsKey(reference), event.stream(), "nobody asked for it", event.event()));
            if (event.event() instanceof TransferCancellationRequested calledOff
                    && calledOff.reason() == RefusalReason.DS02) {
                verdict.check(
                        asked.containsKey("cancel " + calledOff.transferId()),
                        event.stream(),
                        "nobody asked for it",
                        calledOff);
            }
        }
    }

    /**
     * Their events do not say which request they came of. But no operation has two, and one that was acknowledged has its own at
     * the position that came with the answer, or before.
     */
    static void blocksAreThoseAskedFor(Invariant.Evidence evidence, Verdict verdict) {
        for (Kind kind : List.of(Kind.BLOCK, Kind.UNBLOCK)) {
            Map<Iban, List<History.Asked>> asked = evidence.history().operations().stream()
                    .filter(one -> one.operation().kind() == kind && one.outcome() != Outcome.REFUSED)
                    .collect(Collectors.groupingBy(one -> one.operation().account()));
            for (AccountBook book : evidence.books().opened()) {
                List<History.Asked> here = asked.getOrDefault(book.iban(), List.of());
                List<Integer> told = here.stream()
                        .filter(one -> one.outcome() == Outcome.ACKNOWLEDGED)
                        .map(ToldInvariants::position)
                        .sorted()
                        .toList();
                List<AccountBook.Turn> found =
                        book.turns(kind == Kind.BLOCK ? AccountStatus.BLOCKED : AccountStatus.OPEN);
                boolean areThere = found.size() >= told.size()
                        && IntStream.range(0, told.size())
                                .allMatch(number -> found.get(number).position() <= told.get(number));
                long operations = found.stream()
                        .map(AccountBook.Turn::operationId)
                        .distinct()
                        .count();
                verdict.check(
                        areThere && operations == found.size() && operations <= here.size(),
                        "account " + book.iban() + ", " + kind.label(),
                        "done once each, by the positions " + told + ", and at most " + here.size() + " of them",
                        found);
            }
        }
    }

    private static int position(History.Asked acknowledged) {
        return acknowledged.acknowledgements().get(0).body().path("position").asInt();
    }

    /** Each balance that a command or a query answered with is that of the log at the position that came with it. */
    static void balancesWereTrue(Invariant.Evidence evidence, Verdict verdict) {
        for (History.Told told : evidence.history().all()) {
            if (told.answer().outcome() != Outcome.ACKNOWLEDGED) {
                continue;
            }
            JsonNode body = told.answer().body();
            if (!body.has("position") || !body.has("booked")) {
                continue;
            }
            Optional<AccountBook> book =
                    evidence.books().account(new Iban(body.path("iban").asString()));
            int position = body.path("position").asInt();
            String found = book.filter(known -> position < known.figures().size())
                    .map(known -> figures(known, known.figures().get(position), body.has("status")))
                    .orElse("no such position");
            String figures = "booked " + text(body, "booked") + ", reserved " + text(body, "reserved") + ", available "
                    + text(body, "available")
                    + (body.has("status") ? ", " + body.path("status").asString("?") : "");
            verdict.check(
                    figures.equals(found), told.operation().subject() + " at position " + position, figures, found);
        }
    }

    private static String text(JsonNode body, String field) {
        JsonNode amount = body.path(field);
        return amount.path("value").asString("?") + " "
                + amount.path("currency").asString("?");
    }

    private static String figures(AccountBook book, AccountBook.Figures at, boolean withStatus) {
        return book.text(at) + ", available " + book.text(book.availableMinor(at))
                + (withStatus ? ", " + at.status() : "");
    }

    /** How far a transfer was said to be, it has been; how it was said to end, it ended. */
    static void statesOfTransfersWereTrue(Invariant.Evidence evidence, Verdict verdict) {
        for (History.Told told : evidence.history().all()) {
            Kind kind = told.operation().kind();
            boolean ofTransfer = kind == Kind.TRANSFER || kind == Kind.CANCELLATION || kind == Kind.LOOK_AT_TRANSFER;
            if (!ofTransfer || told.answer().outcome() != Outcome.ACKNOWLEDGED) {
                continue;
            }
            JsonNode body = told.answer().body();
            Optional<TransferBook> transfer =
                    evidence.books().transfer(body.path("id").asString(""));
            TransferStatus status = TransferStatus.valueOf(body.path("status").asString(""));
            boolean holds = transfer.isPresent() && stands(status, body, transfer.get());
            if (kind == Kind.CANCELLATION) {
                holds &= transfer.flatMap(TransferBook::end)
                        .filter(end -> end != TransferStatus.FAILED)
                        .isPresent();
            }
            verdict.check(
                    holds,
                    told.operation().subject(),
                    (kind == Kind.CANCELLATION ? "it will be cancelled, unless it completes; " : "")
                            + told.answer().text(),
                    transfer.map(TransferBook::toString).orElse("nothing"));
        }
    }

    private static boolean stands(TransferStatus status, JsonNode body, TransferBook transfer) {
        return switch (status) {
            case RECEIVED -> transfer.has(TransferRequested.class);
            case RESERVED -> transfer.has(FundsReserved.class);
            case CREDITED -> transfer.has(TransferCredited.class);
            case PARKED -> transfer.has(TransferParked.class);
            case COMPLETED, CANCELLED -> transfer.end().equals(Optional.of(status));
            case FAILED ->
                transfer.all(TransferFailed.class).stream()
                        .anyMatch(failed -> !body.has("reason")
                                || failed.reason()
                                        .name()
                                        .equals(body.path("reason").asString()));
        };
    }

    /** Whoever repeats a request with its key hears the first answer again; nobody hears yes and no. */
    static void repetitionsAreAnsweredTheSame(Invariant.Evidence evidence, Verdict verdict) {
        for (History.Asked asked : evidence.history().operations()) {
            Operation operation = asked.operation();
            if (!operation.kind().changes()
                    || asked.answers().size() < 2
                    || (operation.kind() == Kind.CANCELLATION && operation.key() == null)) {
                continue;
            }
            long texts = asked.acknowledgements().stream()
                    .map(Answer::text)
                    .distinct()
                    .count();
            verdict.check(
                    !(asked.is(Outcome.ACKNOWLEDGED) && asked.is(Outcome.REFUSED))
                            && (operation.key() == null || texts <= 1),
                    operation.subject(),
                    "the first answer, again and again",
                    asked.answers());
        }
    }

    static void refusalsAreDeserved(Invariant.Evidence evidence, Verdict verdict) {
        for (History.Told told : evidence.history().all()) {
            Kind kind = told.operation().kind();
            if (kind.changes() && told.answer().outcome() == Outcome.REFUSED) {
                String problem = told.answer().problem();
                boolean isPossible = !problem.equals(BLOCKED)
                        || evidence.books()
                                .account(told.operation().account())
                                .filter(book ->
                                        !book.turns(AccountStatus.BLOCKED).isEmpty())
                                .isPresent();
                verdict.check(
                        isPossible && DESERVED.get(kind).contains(problem),
                        told.operation().subject(),
                        told.answer().text(),
                        isPossible
                                ? "only " + DESERVED.get(kind) + " can be said to it"
                                : "the account was never blocked");
            }
        }
    }

    /** The books balance at every instant, not only at rest. */
    static void trialBalancesWereZero(Invariant.Evidence evidence, Verdict verdict) {
        for (History.Told told : evidence.history().all()) {
            if (told.operation().kind() == Kind.LOOK_AT_TRIAL_BALANCE
                    && told.answer().outcome() == Outcome.ACKNOWLEDGED) {
                boolean zero = true;
                for (JsonNode total : told.answer().body().path("totals")) {
                    zero &= total.path("value").asString("?").matches("0(\\.0+)?");
                }
                verdict.check(
                        zero,
                        "trial balance at " + told.at(),
                        "zero at every instant",
                        told.answer().text());
            }
        }
    }

    /** Which event an operation has for its effect. */
    private static final class Effects {
        private Effects() {}

        static boolean haveReference(Kind kind) {
            return kind.changes() && kind != Kind.CANCELLATION && kind != Kind.BLOCK && kind != Kind.UNBLOCK;
        }

        static Map<String, List<Object>> byReference(EventLog log) {
            Map<String, List<Object>> effects = new HashMap<>();
            for (EventLog.Recorded event : log.events()) {
                reference(event.event())
                        .ifPresent(reference -> effects.computeIfAbsent(reference, key -> new ArrayList<>())
                                .add(event.event()));
            }
            return effects;
        }

        static Optional<String> reference(Object event) {
            String reference = null;
            if (event instanceof AccountOpened opened) {
                reference = opened.owner();
            } else if (event instanceof MoneyDeposited deposited) {
                reference = deposited.reference();
            } else if (event instanceof MoneyWithdrawn withdrawn) {
                reference = withdrawn.reference();
            } else if (event instanceof TransferRequested requested) {
                reference = requested.reference();
            }
            return Optional.ofNullable(reference);
        }

        static boolean isOf(Object event, Operation operation) {
            return switch (operation.kind()) {
                case OPEN ->
                    event instanceof AccountOpened opened
                            && opened.overdraftLimit().equals(operation.amount());
                case DEPOSIT ->
                    event instanceof MoneyDeposited deposited
                            && deposited.iban().equals(operation.account())
                            && deposited.amount().equals(operation.amount());
                case WITHDRAWAL ->
                    event instanceof MoneyWithdrawn withdrawn
                            && withdrawn.iban().equals(operation.account())
                            && withdrawn.amount().equals(operation.amount());
                case TRANSFER ->
                    event instanceof TransferRequested requested
                            && requested.from().equals(operation.account())
                            && requested.to().equals(operation.target())
                            && requested.amount().equals(operation.amount())
                            && (operation.transferId() == null
                                    || requested.transferId().equals(operation.transferId()));
                default -> false;
            };
        }
    }
}
