package florin.chaos;

import florin.account.api.AccountOpened;
import florin.account.api.AccountStatus;
import florin.account.api.FundsReserved;
import florin.account.api.Iban;
import florin.account.api.MoneyDeposited;
import florin.account.api.MoneyWithdrawn;
import florin.account.api.RefusalReason;
import florin.account.api.TransferCredited;
import florin.account.api.TrialBalance;
import florin.transfer.api.TransferCancellationRequested;
import florin.transfer.api.TransferFailed;
import florin.transfer.api.TransferId;
import florin.transfer.api.TransferParked;
import florin.transfer.api.TransferRequested;
import florin.transfer.api.TransferResumed;
import florin.transfer.api.TransferStatus;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Currency;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What has to hold of the log because clients were told so. */
final class ToldInvariants {
    private static final String BLOCKED = "account-blocked";
    private static final String CLOSED = "account-closed";
    private static final String FINAL = "transfer-final";
    private static final Set<Kind> WITH_BALANCES = EnumSet.of(
            Kind.OPEN, Kind.DEPOSIT, Kind.WITHDRAWAL, Kind.BLOCK, Kind.UNBLOCK, Kind.CLOSURE, Kind.LOOK_AT_ACCOUNT);
    private static final Map<Kind, Set<String>> DESERVED = Map.of(
            Kind.OPEN, Set.of(),
            Kind.DEPOSIT, Set.of("wrong-currency", BLOCKED, CLOSED),
            Kind.WITHDRAWAL, Set.of("wrong-currency", BLOCKED, CLOSED, "insufficient-funds"),
            Kind.BLOCK, Set.of(CLOSED),
            Kind.UNBLOCK, Set.of(CLOSED),
            Kind.CLOSURE, Set.of(BLOCKED, CLOSED, "account-not-empty"),
            Kind.TRANSFER, Set.of("same-account"),
            Kind.CANCELLATION, Set.of(FINAL),
            Kind.RETRY, Set.of(FINAL, "transfer-not-parked"));

    private static final Map<Kind, AccountStatus> TURNS = new EnumMap<>(Map.of(
            Kind.BLOCK, AccountStatus.BLOCKED,
            Kind.UNBLOCK, AccountStatus.OPEN,
            Kind.CLOSURE, AccountStatus.CLOSED));

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
     * Under a key, the event's operation id tells which request it came of. Without one, no operation has two events, and one that
     * was acknowledged has its own at the position that came with the answer, or before.
     */
    static void turnsAreThoseAskedFor(Invariant.Evidence evidence, Verdict verdict) {
        TURNS.forEach((kind, status) -> {
            Map<Iban, List<History.Asked>> asked = evidence.history().operations().stream()
                    .filter(one -> one.operation().kind() == kind)
                    .collect(Collectors.groupingBy(one -> one.operation().account()));
            for (AccountBook book : evidence.books().opened()) {
                List<AccountBook.Turn> turns = new ArrayList<>(book.turns(status));
                List<History.Asked> keyless = new ArrayList<>();
                for (History.Asked one : asked.getOrDefault(book.iban(), List.of())) {
                    if (one.operation().key() == null) {
                        keyless.add(one);
                    } else {
                        List<AccountBook.Turn> own = turns.stream()
                                .filter(turn -> turn.operationId()
                                        .equals(one.operation().operationId()))
                                .toList();
                        turns.removeAll(own);
                        verdict.check(isEffect(one, own), one.operation().subject(), one.answers(), own);
                    }
                }
                keyless.removeIf(one -> one.outcome() == Outcome.REFUSED);
                List<Integer> told = keyless.stream()
                        .filter(one -> one.outcome() == Outcome.ACKNOWLEDGED)
                        .map(ToldInvariants::position)
                        .sorted()
                        .toList();
                boolean areThere = turns.size() >= told.size()
                        && IntStream.range(0, told.size())
                                .allMatch(number -> turns.get(number).position() <= told.get(number));
                long operations = turns.stream()
                        .map(AccountBook.Turn::operationId)
                        .distinct()
                        .count();
                verdict.check(
                        areThere && operations == turns.size() && operations <= keyless.size(),
                        "account " + book.iban() + ", " + kind.label() + " without a key",
                        "done once each, by the positions " + told + ", and at most " + keyless.size() + " of them",
                        turns);
            }
        });
    }

    private static boolean isEffect(History.Asked asked, List<AccountBook.Turn> own) {
        return switch (asked.outcome()) {
            case ACKNOWLEDGED -> own.size() == 1 && own.get(0).position() <= position(asked);
            case UNKNOWN -> own.size() <= 1;
            case REFUSED -> own.isEmpty();
        };
    }

    /** Each lets a transfer go on once. One that was refused may do so later, if an attempt before was without an answer. */
    static void retriesAreThoseAskedFor(Invariant.Evidence evidence, Verdict verdict) {
        for (History.Asked asked : evidence.history().operations()) {
            Operation operation = asked.operation();
            if (operation.kind() != Kind.RETRY) {
                continue;
            }
            List<TransferResumed> own = evidence
                    .books()
                    .transfer(operation.transferId().value())
                    .stream()
                    .flatMap(transfer -> transfer.all(TransferResumed.class).stream())
                    .filter(resumed -> operation.operationId().equals(resumed.operationId()))
                    .toList();
            boolean isEffect =
                    switch (asked.outcome()) {
                        case ACKNOWLEDGED -> own.size() == 1;
                        case UNKNOWN -> own.size() <= 1;
                        case REFUSED -> own.size() <= (asked.is(Outcome.UNKNOWN) ? 1 : 0);
                    };
            verdict.check(isEffect, operation.subject(), asked.answers(), own);
        }
    }

    private static int position(History.Asked acknowledged) {
        return position(acknowledged.acknowledgements().get(0).body());
    }

    private static int position(JsonNode body) {
        return body.path("position").asInt(-1);
    }

    /** Each balance that a command or a query answered with is that of the log at the position that came with it. */
    static void balancesWereTrue(Invariant.Evidence evidence, Verdict verdict) {
        for (History.Told told : evidence.history().all()) {
            Operation operation = told.operation();
            if (!WITH_BALANCES.contains(operation.kind()) || told.answer().outcome() != Outcome.ACKNOWLEDGED) {
                continue;
            }
            JsonNode body = told.answer().body();
            String iban = body.path("iban").asString("");
            boolean isAsked =
                    operation.account() == null || operation.account().value().equals(iban);
            boolean withStatus = operation.kind() == Kind.LOOK_AT_ACCOUNT;
            int position = position(body);
            String found = evidence.books()
                    .account(iban)
                    .filter(known -> isAsked
                            && position >= 0
                            && position < known.figures().size())
                    .map(known -> figures(known, known.figures().get(position), withStatus))
                    .orElse("no such position");
            String figures = "booked " + text(body, "booked") + ", reserved " + text(body, "reserved") + ", available "
                    + text(body, "available")
                    + (withStatus ? ", " + body.path("status").asString("?") : "");
            verdict.check(figures.equals(found), operation.subject() + " at position " + position, figures, found);
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
            if (kind == Kind.LOOK_AT_PARKED) {
                told.answer().body().path("transfers").forEach(shown -> {
                    Optional<TransferBook> parked =
                            evidence.books().transfer(shown.path("id").asString(""));
                    verdict.check(stands(shown, parked), told.operation().subject(), shown, parked);
                });
            }
            boolean ofTransfer = kind == Kind.TRANSFER
                    || kind == Kind.CANCELLATION
                    || kind == Kind.RETRY
                    || kind == Kind.LOOK_AT_TRANSFER;
            if (!ofTransfer || told.answer().outcome() != Outcome.ACKNOWLEDGED) {
                continue;
            }
            JsonNode body = told.answer().body();
            String id = body.path("id").asString("");
            TransferId asked = told.operation().transferId();
            Optional<TransferBook> transfer = evidence.books()
                    .transfer(id)
                    .filter(found -> asked == null || asked.value().equals(id));
            boolean holds = stands(body, transfer);
            if (kind == Kind.LOOK_AT_TRANSFER) {
                holds &= body.has("reason")
                        || status(body).filter(TransferStatus.FAILED::equals).isEmpty();
            } else if (kind == Kind.CANCELLATION) {
                holds &= transfer.filter(TransferBook::isCancellationRequested)
                        .flatMap(TransferBook::end)
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

    private static boolean stands(JsonNode body, Optional<TransferBook> transfer) {
        return transfer.isPresent()
                && status(body)
                        .filter(status -> stands(status, body, transfer.get()))
                        .isPresent();
    }

    private static Optional<TransferStatus> status(JsonNode body) {
        String name = body.path("status").asString("");
        return Stream.of(TransferStatus.values())
                .filter(status -> status.name().equals(name))
                .findFirst();
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
                                        .equals(body.path("reason").asString("")));
        };
    }

    /** To the same client: a transfer that was shown final stays so, and no account is shown as it was before. */
    static void whatWasShownStays(Invariant.Evidence evidence, Verdict verdict) {
        Map<String, JsonNode> last = new HashMap<>();
        for (History.Told told : evidence.history().all()) {
            Operation operation = told.operation();
            boolean isLook = operation.kind() == Kind.LOOK_AT_TRANSFER || operation.kind() == Kind.LOOK_AT_ACCOUNT;
            if (isLook && told.answer().outcome() == Outcome.ACKNOWLEDGED) {
                String subject = operation.transferId() == null
                        ? "account " + operation.account()
                        : "transfer " + operation.transferId();
                JsonNode shown = told.answer().body();
                JsonNode before = last.put(operation.client() + " " + subject, shown);
                verdict.check(
                        before == null || isAsFar(before, shown), operation.subject(), shown, "before: " + before);
            }
        }
    }

    private static boolean isAsFar(JsonNode before, JsonNode shown) {
        boolean wasFinal = status(before).filter(TransferStatus::isFinal).isPresent();
        return wasFinal ? status(shown).equals(status(before)) : position(shown) >= position(before);
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
                boolean isPossible = DESERVED.get(kind).contains(problem);
                verdict.check(
                        isPossible && isTrue(problem, told.operation(), evidence.books()),
                        told.operation().subject(),
                        told.answer().text(),
                        isPossible ? "it never was so" : "only " + DESERVED.get(kind) + " can be said to it");
            }
        }
    }

    /** As far as the log tells. */
    private static boolean isTrue(String problem, Operation refused, Books books) {
        return switch (problem) {
            case BLOCKED -> wasEver(AccountStatus.BLOCKED, refused, books);
            case CLOSED -> wasEver(AccountStatus.CLOSED, refused, books);
            case FINAL ->
                books.transfer(refused.transferId().value())
                        .flatMap(TransferBook::end)
                        .filter(end -> end != TransferStatus.CANCELLED || refused.kind() != Kind.CANCELLATION)
                        .isPresent();
            default -> true;
        };
    }

    private static boolean wasEver(AccountStatus status, Operation refused, Books books) {
        return books.account(refused.account().value())
                .filter(book -> !book.turns(status).isEmpty())
                .isPresent();
    }

    /** The books balance at every instant, not only at rest. */
    static void trialBalancesWereZero(Invariant.Evidence evidence, Verdict verdict) {
        for (History.Told told : evidence.history().all()) {
            if (told.operation().kind() == Kind.LOOK_AT_TRIAL_BALANCE
                    && told.answer().outcome() == Outcome.ACKNOWLEDGED) {
                verdict.check(
                        isZero(told.answer().body()),
                        "trial balance at " + told.at(),
                        "zero at every instant",
                        told.answer().text());
            }
        }
    }

    /** The totals that it tells, and the sums of its lines. */
    private static boolean isZero(JsonNode body) {
        if (!body.has("lines") || !body.has("totals")) {
            return false;
        }
        try {
            TrialBalance told = JsonMapper.shared().treeToValue(body, TrialBalance.class);
            Map<Currency, BigDecimal> sums = new HashMap<>();
            told.lines().stream()
                    .map(TrialBalance.Line::balance)
                    .forEach(line -> sums.merge(line.currency(), line.value(), BigDecimal::add));
            return told.totals().stream().allMatch(TrialBalance.Sum::isZero)
                    && sums.values().stream().allMatch(sum -> sum.signum() == 0);
        } catch (JacksonException e) {
            return false;
        }
    }

    /** Which event an operation has for its effect. */
    private static final class Effects {
        private Effects() {}

        static boolean haveReference(Kind kind) {
            return kind.changes() && kind != Kind.CANCELLATION && kind != Kind.RETRY && !TURNS.containsKey(kind);
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
