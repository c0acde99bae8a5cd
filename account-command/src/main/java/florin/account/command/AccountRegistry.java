package florin.account.command;

import florin.account.api.Iban;
import florin.kit.ProblemException;
import florin.kit.ProblemType;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Currency;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;

/**
 * The branch's table of accounts: one open account a customer and currency.
 *
 * <p>Opening takes three steps over two stores: claim a row here, send OpenAccount, mark the row open. A crash in between
 * leaves a pending row. The same operation resumes it at once. Another operation of the same owner and currency may take
 * it over when its lease is over, always with the same IBAN: whichever of the two OpenAccount commands comes first, there
 * is one account. Which of them it was the account tells each of them that asks again, and the first that hears yes is the one that
 * has opened it. {@link RegistryProjection} marks a row whose account was opened but not marked.
 */
@Component
class AccountRegistry {

    /** How long a claim whose request gives no sign of life keeps others waiting. */
    static final Duration LEASE = Duration.ofSeconds(30);

    private static final Logger LOG = LoggerFactory.getLogger(AccountRegistry.class);

    /** Of those that had a claim before, the last so many are recognised. */
    private static final int MOST_EARLIER = 10;

    private static final String IS_OWN =
            "(operation_id = :operationId OR earlier_operations @> ARRAY[CAST(:operationId AS TEXT)])";

    static final String FIND =
            "SELECT iban, status, " + IS_OWN + " AS is_own, leased_until FROM account WHERE " + IS_OWN
                    + " OR (owner = :owner AND currency = :currency AND status IN ('PENDING', 'OPEN'))"
                    + " ORDER BY is_own DESC NULLS LAST LIMIT 1 FOR UPDATE";

    private final JdbcClient jdbc;
    private final Clock clock;
    private final BranchProperties branch;

    AccountRegistry(JdbcClient jdbc, Clock clock, BranchProperties branch) {
        this.jdbc = jdbc;
        this.clock = clock;
        this.branch = branch;
    }

    private record Row(Iban iban, String status, boolean isOwn, Instant leasedUntil) {}

    /** The IBAN under which this operation is to open the account; refused if another one has or is about to. */
    @Transactional
    public Iban claim(String operationId, String owner, Currency currency) {
        while (true) {
            Optional<Row> row = find(operationId, owner, currency);
            if (row.isPresent()) {
                return takeOver(row.get(), operationId, owner, currency);
            }
            Iban iban = Iban.of(
                    branch.branch(),
                    jdbc.sql("SELECT nextval('account_number')")
                            .query(Long.class)
                            .single());
            int claimed = jdbc.sql("INSERT INTO account (iban, owner, currency, status, operation_id, leased_until)"
                            + " VALUES (:iban, :owner, :currency, 'PENDING', :operationId, :lease)"
                            + " ON CONFLICT DO NOTHING")
                    .param("iban", iban.value())
                    .param("owner", owner)
                    .param("currency", currency.getCurrencyCode())
                    .param("operationId", operationId)
                    .param("lease", leaseFromNow())
                    .update();
            if (claimed == 1) {
                return iban;
            }
        }
    }

    /** The row that this operation has claimed before, or else the one that owner and currency have. */
    private Optional<Row> find(String operationId, String owner, Currency currency) {
        return jdbc.sql(FIND)
                .param("operationId", operationId)
                .param("owner", owner)
                .param("currency", currency.getCurrencyCode())
                .query((result, index) -> new Row(
                        new Iban(result.getString("iban")),
                        result.getString("status"),
                        result.getBoolean("is_own"),
                        Optional.ofNullable(result.getTimestamp("leased_until"))
                                .map(Timestamp::toInstant)
                                .orElse(Instant.EPOCH)))
                .optional();
    }

    private Iban takeOver(Row row, String operationId, String owner, Currency currency) {
        if (row.isOwn()) {
            if (row.status().equals("CLOSED")) {
                throw new ProblemException(
                        ProblemType.ACCOUNT_CLOSED,
                        "The account that this request opened, " + row.iban()
                                + ", is closed; another one needs another Idempotency-Key");
            }
            return row.iban();
        }
        if (row.status().equals("OPEN")) {
            throw duplicate(owner, currency);
        }
        if (clock.instant().isBefore(row.leasedUntil())) {
            throw new ProblemException(
                    ProblemType.CONCURRENT_UPDATE,
                    "Another request is opening an account in " + currency + " for '" + owner + "'; try again");
        }
        jdbc.sql("UPDATE account SET operation_id = :operationId, leased_until = :lease,"
                        + " earlier_operations = (array_prepend(operation_id, earlier_operations))"
                        + "[1\\:" + MOST_EARLIER + "] WHERE iban = :iban")
                .param("operationId", operationId)
                .param("lease", leaseFromNow())
                .param("iban", row.iban().value())
                .update();
        return row.iban();
    }

    /** Settles a claim for an operation whose OpenAccount has ended with a yes; refused if it is settled for another one. */
    @Transactional
    public void markOpen(Iban iban, String operationId, String owner, Currency currency) {
        int marked = jdbc.sql("UPDATE account SET status = CASE status WHEN 'PENDING' THEN 'OPEN' ELSE status END,"
                        + " leased_until = NULL, opened_at = COALESCE(opened_at, :now),"
                        + " operation_id = :operationId, earlier_operations = NULL"
                        + " WHERE iban = :iban AND " + IS_OWN)
                .param("now", Timestamp.from(clock.instant()))
                .param("iban", iban.value())
                .param("operationId", operationId)
                .update();
        if (marked == 0) {
            throw duplicate(owner, currency);
        }
    }

    /** Lets the next request take a claim over at once, whose OpenAccount has ended without a yes. */
    @Transactional
    public void giveUp(Iban iban, String operationId) {
        jdbc.sql("UPDATE account SET leased_until = :now"
                        + " WHERE iban = :iban AND operation_id = :operationId AND status = 'PENDING'")
                .param("now", Timestamp.from(clock.instant()))
                .param("iban", iban.value())
                .param("operationId", operationId)
                .update();
    }

    /**
     * What is wrong with a claim whose number was opened with other content: by the same owner; or, after newer rows were lost,
     * by one whose event is not read yet, and then there is another number once it is.
     */
    ProblemException openedBefore(Iban iban, String owner, Currency currency) {
        boolean isTheirs = jdbc.sql("SELECT EXISTS (SELECT 1 FROM account WHERE iban = :iban AND owner = :owner"
                        + " AND currency = :currency AND opened_at IS NOT NULL)")
                .param("iban", iban.value())
                .param("owner", owner)
                .param("currency", currency.getCurrencyCode())
                .query(Boolean.class)
                .single();
        return isTheirs
                ? duplicate(owner, currency)
                : new ProblemException(
                        ProblemType.CONCURRENT_UPDATE,
                        "This branch has not read yet whose account " + iban + " is; try again");
    }

    /** The event says that the account is open, so it is. */
    @Transactional
    public void recordOpened(Iban iban, String owner, Currency currency, Instant at) {
        // Locked, so that who closes it now waits until it is open.
        Optional<String> known = jdbc.sql("SELECT status FROM account WHERE iban = :iban FOR UPDATE")
                .param("iban", iban.value())
                .query(String.class)
                .optional();
        if (known.filter("CLOSED"::equals).isPresent()) {
            return; // This was before it was closed.
        }
        jdbc.sql("DELETE FROM account WHERE owner = :owner AND currency = :currency AND iban <> :iban"
                        + " AND status = 'PENDING'")
                .param("owner", owner)
                .param("currency", currency.getCurrencyCode())
                .param("iban", iban.value())
                .update();
        boolean surplus = jdbc.sql("SELECT EXISTS (SELECT 1 FROM account WHERE owner = :owner"
                        + " AND currency = :currency AND iban <> :iban AND status = 'OPEN')")
                .param("owner", owner)
                .param("currency", currency.getCurrencyCode())
                .param("iban", iban.value())
                .query(Boolean.class)
                .single();
        if (surplus) {
            LOG.error("{} is a second open account of its owner in {}", iban, currency);
        }
        jdbc.sql("INSERT INTO account (iban, owner, currency, status, opened_at)"
                        + " VALUES (:iban, :owner, :currency, :status, :at)"
                        + " ON CONFLICT (iban) DO UPDATE SET owner = excluded.owner, currency = excluded.currency,"
                        // A number that was given out again, after the loss of newer rows, is not the second one's.
                        + " operation_id = CASE WHEN account.owner = excluded.owner AND account.currency ="
                        + " excluded.currency THEN account.operation_id END,"
                        + " earlier_operations = CASE WHEN account.owner = excluded.owner AND account.currency ="
                        + " excluded.currency THEN account.earlier_operations END,"
                        + " opened_at = excluded.opened_at, leased_until = NULL, status = excluded.status")
                .param("iban", iban.value())
                .param("owner", owner)
                .param("currency", currency.getCurrencyCode())
                .param("status", surplus ? "SURPLUS" : "OPEN")
                .param("at", Timestamp.from(at))
                .update();
    }

    /** Frees the owner and currency for another account. */
    @Transactional
    public void recordClosed(Iban iban) {
        jdbc.sql("UPDATE account SET status = 'CLOSED', leased_until = NULL WHERE iban = :iban")
                .param("iban", iban.value())
                .update();
    }

    private Timestamp leaseFromNow() {
        return Timestamp.from(clock.instant().plus(LEASE));
    }

    static ProblemException duplicate(String owner, Currency currency) {
        return new ProblemException(
                ProblemType.DUPLICATE_ACCOUNT, "'" + owner + "' has an account in " + currency + " at this branch");
    }
}
