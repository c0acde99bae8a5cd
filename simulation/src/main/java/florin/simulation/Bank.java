package florin.simulation;

import florin.account.api.AccountBlocked;
import florin.account.api.AccountClosed;
import florin.account.api.AccountEvent;
import florin.account.api.BlockAccount;
import florin.account.api.CloseAccount;
import florin.account.api.Iban;
import florin.account.api.UnblockAccount;
import florin.account.api.WithdrawMoney;
import florin.account.command.SimulatedAccounts;
import florin.kit.SimulatedAggregates;
import florin.money.Money;
import florin.transfer.api.CancelTransfer;
import florin.transfer.api.RequestTransfer;
import florin.transfer.api.ResumeTransfer;
import florin.transfer.api.TransferDetails;
import florin.transfer.api.TransferId;
import florin.transfer.api.TransferRequested;
import florin.transfer.api.TransferResumed;
import florin.transfer.api.TransferStatus;
import florin.transfer.saga.SimulatedSaga;
import florin.transfer.saga.SimulatedSagaRows;
import florin.transfer.saga.SimulatedTransfers;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.axonframework.commandhandling.CommandMessageHandler;
import org.axonframework.eventhandling.DomainEventMessage;
import org.axonframework.eventhandling.EventMessage;

/** The whole bank: two processes for each branch and for the transfers, and what lies between them. */
final class Bank {

    static final String TRANSFERS = "transfers";
    static final long LONGEST_DOWN_MS = 60_000;

    private static final int INSTANCES = 2;
    private static final long LONGEST_SAVE_MS = 5_000;
    private static final long SHORTEST_STANDSTILL_MS = 15_000;
    private static final long LONGEST_STANDSTILL_MS = 40_000;
    private static final long LONGEST_BLOCK_MS = 300_000;
    private static final long OPERATOR_LOOKS_EVERY_MS = 30_000;
    private static final int RETRIES_PERCENT = 80;
    private static final int CANCELS_PERCENT = 50;
    private static final int VIEWS_LOST_PERCENT = 50;

    private final SimulatedTime time;
    private final Chance chance;
    private final Faults faults;
    private final Coverage coverage;
    private final History history;
    private final Bug bug;
    private final Scenario scenario;
    private final EventLog log;
    private final SimulatedAggregates aggregates;
    private final Books books = new Books();
    private final TransferDatabase database;
    private final Network network = new Network(this);
    private final Deadlines deadlines = new Deadlines(this);
    private final Client client = new Client(this);
    private final Client operator = new Client(this);
    private final Map<String, List<Node>> nodes = new LinkedHashMap<>();
    private final Map<Node, SimulatedSaga> sagas = new HashMap<>();
    private final List<Tracker> trackers = new ArrayList<>();
    private int blocks;
    private int closures;
    private int looks;

    Bank(
            SimulatedTime time,
            Chance chance,
            Faults faults,
            Coverage coverage,
            History history,
            Bug bug,
            Scenario scenario) {
        this.time = time;
        this.chance = chance;
        this.faults = faults;
        this.coverage = coverage;
        this.history = history;
        this.bug = bug;
        this.scenario = scenario;
        this.database =
                new TransferDatabase(new SimulatedSagaRows(deadlines::set, bug.overwritesSagas()), bug.showsAgain());
        this.log = new EventLog(bug);
        log.tell(this::appended);
        this.aggregates = new SimulatedAggregates(this::nanoTime, bug::kept);
        Scenario.BRANCHES.forEach(branch -> open(branch, this::branch));
        open(TRANSFERS, store -> SimulatedTransfers.handler(store, aggregates));
        nodes.get(TRANSFERS).forEach(this::runTransfers);
        time.after(OPERATOR_LOOKS_EVERY_MS, this::operate);
    }

    private void open(String service, Function<NodeEventStore, CommandMessageHandler> handlers) {
        List<Node> instances = new ArrayList<>();
        for (int number = 1; number <= INSTANCES; number++) {
            NodeEventStore store = NodeEventStore.of(log, bug);
            instances.add(new Node(this, service + "-" + number, store, () -> handlers.apply(store)));
        }
        nodes.put(service, instances);
    }

    private CommandMessageHandler branch(NodeEventStore store) {
        int most = bug.memory().orElse(1_000);
        return SimulatedAccounts.handler(store, aggregates, 1, most, scenario.eventsPerSnapshot());
    }

    private void runTransfers(Node node) {
        StepGateway gateway = new StepGateway(this, node, false);
        startSagas(node, gateway);
        node.onCrash(() -> {
            if (bug.forgetsDeadlines()) {
                database.sagas().clearDeadlines();
            }
            startSagas(node, gateway);
        });
        if (hasSagas()) {
            trackers.add(new Tracker(this, node, Tracker.Kind.SAGA, event -> handle(saga(node), event)));
        }
        trackers.add(new Tracker(
                this, node, Tracker.Kind.VIEW, event -> database.view().handle(event)));
        if (scenario.drivers() != Scenario.Drivers.SAGA_ALONE && !bug.reconcilerSleeps()) {
            StepGateway reconciling = new StepGateway(this, node, true);
            node.onStart(() -> reconcile(node, reconciling));
            node.after(0, () -> reconcile(node, reconciling));
        }
    }

    private void startSagas(Node node, StepGateway gateway) {
        sagas.put(
                node,
                SimulatedTransfers.saga(
                        database.sagas(), gateway, scenario.settings(), TransferDatabase.JSON, this::nanoTime));
    }

    private long nanoTime() {
        return TimeUnit.MILLISECONDS.toNanos(time.nowMs());
    }

    private static void handle(SimulatedSaga saga, EventMessage<?> event) {
        try {
            saga.handle(event);
        } catch (RuntimeException fault) {
            throw fault;
        } catch (Exception fault) {
            throw new IllegalStateException(fault);
        }
    }

    private void reconcile(Node node, StepGateway gateway) {
        Consumer<Instant> reconciler = SimulatedTransfers.reconciler(database.view(), gateway, scenario.settings());
        reconciler.accept(time.instant());
        node.after(scenario.settings().reconcileEvery().toMillis(), () -> reconcile(node, gateway));
    }

    private void appended(DomainEventMessage<?> message) {
        Object event = message.getPayload();
        history.add(
                "event",
                "",
                () -> event + " as " + message.getAggregateIdentifier() + " " + message.getSequenceNumber());
        if (event instanceof AccountBlocked blocked) {
            countOpenTransfers(Fault.ACCOUNT_BLOCKED, blocked);
        }
        if (event instanceof AccountClosed closed) {
            countOpenTransfers(Fault.ACCOUNT_CLOSED, closed);
        }
        books.enter(event);
        if (event instanceof TransferResumed resumed) {
            network.retried(resumed.transferId());
        }
        wakeTrackers(5);
        provoke(event);
    }

    private void countOpenTransfers(Fault met, AccountEvent event) {
        books.transfers().stream()
                .filter(transfer -> transfer.end == null && transfer.touches(event.iban()))
                .forEach(transfer -> coverage.count(met, transfer.last));
    }

    /** A process stands still, so that what it has claimed others may claim. */
    void freeze(Node node, String name) {
        node.freeze(chance.between("standstill at " + name, SHORTEST_STANDSTILL_MS, LONGEST_STANDSTILL_MS));
        time.after(Tracker.CLAIM_TIMEOUT_MS, () -> wakeTrackers(0));
    }

    Optional<Tracker> thiefFor(Tracker owner) {
        return trackers.stream().filter(tracker -> tracker.canStealFrom(owner)).findFirst();
    }

    void wakeTrackers(long delayMs) {
        trackers.forEach(tracker -> tracker.wake(delayMs));
    }

    /** What people may do just when a transfer has made a step. */
    private void provoke(Object event) {
        Step step = Step.of(event);
        TransferId id = Step.transferOf(event);
        Books.Transfer transfer = id == null ? null : books.transfer(id);
        if (transfer == null) {
            return;
        }
        String name = step + " of " + id + " " + log.size();
        if (faults.strikes(Fault.CANCELLED_BY_CLIENT, step, id)) {
            later("cancellation at " + name, () -> client.ask(new CancelTransfer(id)));
        }
        if (faults.strikes(Fault.REQUEST_REPEATED, step, id)) {
            later("repetition at " + name, () -> client.ask(request(transfer.request)));
        }
        if (faults.wants(Fault.ACCOUNT_BLOCKED, step, id)) {
            Iban iban = either("whom to block at " + name, transfer.request);
            later("block at " + name, () -> block(iban));
        }
        if (faults.wants(Fault.ACCOUNT_CLOSED, step, id)) {
            Iban iban = either("whom to close at " + name, transfer.request);
            later("closure at " + name, () -> close(iban));
        }
    }

    /** The target, or less often the source. */
    private Iban either(String name, TransferRequested transfer) {
        return chance.percent(name, 70) ? transfer.to() : transfer.from();
    }

    private static RequestTransfer request(TransferRequested of) {
        return new RequestTransfer(of.transferId(), of.from(), of.to(), of.amount(), of.reference());
    }

    private void later(String name, Runnable action) {
        time.after(chance.spread(name, 5_000), action);
    }

    /** The bank blocks an account, and unblocks it some time later. */
    private void block(Iban iban) {
        String operation = "block-" + ++blocks;
        client.ask(new BlockAccount(iban, operation));
        time.after(
                chance.spread("end of " + operation, LONGEST_BLOCK_MS),
                () -> client.ask(new UnblockAccount(iban, operation + "-end")));
    }

    /** Its owner takes out what is there and closes the account. */
    private void close(Iban iban) {
        Books.Account account = books.account(iban);
        if (account.currency == null || account.closed) {
            return;
        }
        String operation = "closure-" + ++closures;
        if (account.booked - account.reserved > 0) {
            Money rest = new Money(account.booked - account.reserved, Money.currency(account.currency));
            client.ask(new WithdrawMoney(iban, operation + "-rest", rest, "cash"));
        }
        time.after(2_000, () -> client.ask(new CloseAccount(iban, operation)));
    }

    /** Looks for what is parked, and sends it on its way again; while there are faults, sometimes, or calls it off. */
    private void operate() {
        looks++;
        for (TransferDetails transfer : database.view().all()) {
            if (transfer.status() == TransferStatus.PARKED) {
                String name = "operator's look " + looks + " at " + transfer.id();
                if (faults.over() || chance.percent(name, RETRIES_PERCENT)) {
                    operator.ask(new ResumeTransfer(transfer.id(), "retry-" + looks));
                } else if (chance.percent("second of " + name, CANCELS_PERCENT)) {
                    operator.ask(new CancelTransfer(transfer.id()));
                }
            }
        }
        time.after(OPERATOR_LOOKS_EVERY_MS, this::operate);
    }

    /** Clients look at their transfers whenever there may be something new. */
    void viewChanged() {
        books.transfers().forEach(transfer -> client.look(transfer.request.transferId()));
    }

    /**
     * Loses what the transfer service has stored, if chance wants it just after an event was handled: by the saga, or by the view
     * where there are no sagas.
     */
    boolean loseWhat(Tracker.Kind by, DomainEventMessage<?> event) {
        Step step = Step.of(event.getPayload());
        Object transfer = Step.transferOf(event.getPayload());
        if (step == null || by.ofSagas() != hasSagas()) {
            return false;
        }
        boolean everything = faults.strikes(Fault.DATABASE_LOST, step, transfer);
        boolean lostSagas = everything || (hasSagas() && faults.strikes(Fault.SAGAS_LOST, step, transfer));
        boolean lostTokens = everything || faults.strikes(Fault.TOKENS_LOST, step, transfer);
        if (lostSagas || lostTokens) {
            nodes.get(TRANSFERS)
                    .forEach(node -> node.crash(chance.spread("down at loss " + log.size(), LONGEST_DOWN_MS)));
        }
        if (lostSagas) {
            database.sagas().clear();
        }
        if (lostTokens) {
            database.loseTokens();
        }
        if (everything || (lostTokens && chance.percent("view at loss " + log.size(), VIEWS_LOST_PERCENT))) {
            database.loseView();
        }
        return lostSagas || lostTokens;
    }

    private boolean hasSagas() {
        return scenario.drivers() != Scenario.Drivers.RECONCILER_ALONE;
    }

    /** How long the saga's process takes to save what it has done. */
    long saveMs(Step step, Object subject, String name) {
        return step != null && faults.strikes(Fault.SAVE_DELAYED, step, subject)
                ? chance.spread("save of " + name, LONGEST_SAVE_MS)
                : 1;
    }

    /** Where a saga processor without a token begins; the sagas of one that is lost go with it. */
    int lookBack() {
        if (!bug.keepsSagasWithoutToken()) {
            database.sagas().clear();
        }
        return log.since(time.instant().minus(scenario.settings().lookBack()));
    }

    /** From now on everything works. */
    void heal() {
        faults.stop();
        nodes.values()
                .forEach(instances -> instances.forEach(node -> {
                    if (!node.isUp()) {
                        node.start();
                    }
                }));
    }

    /** Whether nothing is under way any more. */
    boolean isAtRest() {
        return network.isQuiet()
                && nodes.values().stream().flatMap(List::stream).noneMatch(Node::isFrozen)
                && client.waiting() == 0
                && operator.waiting() == 0
                && books.transfers().stream().allMatch(transfer -> transfer.end != null)
                && hasSeenAll("view")
                && (!hasSagas() || (hasSeenAll("saga") && database.sagas().size() == 0));
    }

    private boolean hasSeenAll(String processor) {
        return database.token(processor).position == log.size();
    }

    void checkRest() {
        books.checkRest();
        viewChanged();
        client.checkRest();
        operator.checkRest();
        if (!isAtRest()) {
            books.broken(
                    Invariant.NOTHING_IS_LEFT,
                    null,
                    database.sagas().size() + " sagas are left; the view has seen " + database.token("view").position
                            + " of " + log.size() + " events");
        }
        books.transfers().forEach(transfer -> {
            TransferStatus shown = database.view()
                    .find(transfer.request.transferId())
                    .map(TransferDetails::status)
                    .orElse(null);
            if (shown != transfer.end) {
                books.broken(
                        Invariant.NOTHING_IS_LEFT,
                        transfer.request.transferId(),
                        "the view shows " + shown + " of a transfer that is " + transfer.end);
            }
        });
    }

    SimulatedSaga saga(Node node) {
        return sagas.get(node);
    }

    List<Node> nodes(String service) {
        return nodes.get(service);
    }

    SimulatedTime time() {
        return time;
    }

    Chance chance() {
        return chance;
    }

    Faults faults() {
        return faults;
    }

    History history() {
        return history;
    }

    Bug bug() {
        return bug;
    }

    EventLog log() {
        return log;
    }

    Books books() {
        return books;
    }

    TransferDatabase database() {
        return database;
    }

    Network network() {
        return network;
    }

    Client client() {
        return client;
    }
}
