package florin.transfer.saga;

import static org.assertj.core.api.Assertions.assertThat;

import florin.account.api.Iban;
import florin.kit.TestPlatform;
import florin.money.Money;
import florin.transfer.api.FindTransfers;
import florin.transfer.api.TransferDetails;
import florin.transfer.api.TransferId;
import florin.transfer.api.TransferPage;
import florin.transfer.api.TransferRequested;
import florin.transfer.api.TransferStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/** Pages of transfers out of a real database, compared with a plain list of them. */
class TransferListTest {

    private static final Instant NOON = Instant.parse("2026-05-01T12:00:00Z");
    private static final List<Iban> ACCOUNTS =
            IntStream.range(0, 8).mapToObj(number -> Iban.of("FLNO", number)).toList();
    private static final List<TransferStatus> STATUSES = List.of(
            TransferStatus.RECEIVED,
            TransferStatus.RESERVED,
            TransferStatus.CREDITED,
            TransferStatus.COMPLETED,
            TransferStatus.FAILED,
            TransferStatus.CANCELLED,
            TransferStatus.PARKED);

    private static final List<TransferRow> TRANSFERS = new ArrayList<>();

    private static JdbcClient database;
    private static TransferList list;

    @BeforeAll
    static void fill() {
        SingleConnectionDataSource dataSource = migrated("transfer_list");
        database = JdbcClient.create(dataSource);
        list = new TransferList(database);
        Random random = new Random(1);
        for (int number = 0; number < 400; number++) {
            TRANSFERS.add(transfer(number, random));
        }
        new TransferRows(new JdbcTemplate(dataSource)).write(TRANSFERS);
        int unused = database.sql("ANALYZE transfer_view").update();
    }

    private static SingleConnectionDataSource migrated(String name) {
        SingleConnectionDataSource dataSource =
                new SingleConnectionDataSource(TestPlatform.freshDatabaseUrl(name), "postgres", "postgres", true);
        Flyway.configure()
                .dataSource(dataSource)
                .locations("classpath:db/kit", "classpath:db/migration")
                .load()
                .migrate();
        return dataSource;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void pages_are_those_of_a_plain_list_whatever_is_asked_for(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < 20; round++) {
            FindTransfers query = query(random);
            List<String> expected = TRANSFERS.stream()
                    .filter(transfer -> isAskedFor(transfer.details(), query))
                    .sorted(Comparator.comparing(TransferRow::requestedAt)
                            .thenComparing(transfer -> transfer.transferId().value())
                            .reversed())
                    .map(transfer -> transfer.transferId().value())
                    .toList();
            assertThat(pages(query)).as("%s", query).isEqualTo(expected);
        }
    }

    @Test
    void the_transfers_of_an_account_come_in_order_from_the_index_of_each_side() {
        String plan = plan(new FindTransfers(
                null, ACCOUNTS.get(0), null, null, new TransferCursor(NOON.plusSeconds(60), "TRF-5").text(), 50));

        assertThat(plan)
                .contains("Index Scan Backward using transfer_view_from", "Index Scan Backward using transfer_view_to")
                .doesNotContain("Sort  (");
    }

    @ParameterizedTest
    @CsvSource({"FAILED, refused", "CANCELLED, refused", "PARKED, parked"})
    void those_of_an_account_that_moved_no_money_or_are_parked_are_read_without_the_others(
            TransferStatus status, String index) {
        String plan = plan(new FindTransfers(
                status, ACCOUNTS.get(0), NOON, null, new TransferCursor(NOON.plusSeconds(60), "TRF-5").text(), 50));

        assertThat(plan)
                .contains(
                        "Index Scan Backward using transfer_view_from_" + index,
                        "Index Scan Backward using transfer_view_to_" + index)
                .doesNotContain("Filter", "Sort  (");
    }

    @ParameterizedTest
    @EnumSource(names = {"RECEIVED", "RESERVED", "CREDITED"})
    void those_under_way_are_read_without_any_that_have_ended_or_are_parked(TransferStatus status) {
        String after = new TransferCursor(NOON.plusSeconds(60), "TRF-5").text();
        String ofAll = plan(new FindTransfers(status, null, NOON, null, after, 50));
        String ofAccount = plan(new FindTransfers(status, ACCOUNTS.get(0), NOON, null, after, 50));

        assertThat(ofAll)
                .contains("Index Scan Backward using transfer_view_under_way")
                .doesNotContain("Sort  (");
        assertThat(ofAccount)
                .contains(
                        "Index Scan Backward using transfer_view_from_under_way",
                        "Index Scan Backward using transfer_view_to_under_way")
                .doesNotContain("Sort  (");
        assertThat(ofAll + ofAccount).doesNotContain("parked", "ended_as");
    }

    @ParameterizedTest
    @EnumSource(names = {"COMPLETED", "FAILED", "CANCELLED"})
    void those_that_have_ended_one_way_are_read_without_the_others(TransferStatus status) {
        String plan = plan(new FindTransfers(
                status, null, NOON, null, new TransferCursor(NOON.plusSeconds(60), "TRF-5").text(), 50));

        assertThat(plan)
                .contains("Index Scan Backward using transfer_view_ended")
                .doesNotContain("Filter", "Sort  (");
    }

    @Test
    void a_status_that_is_rare_is_not_looked_for_among_all_others_by_a_plan_that_is_made_once() {
        JdbcTemplate completed = new JdbcTemplate(migrated("completed_transfers"));
        completed.execute(
                "INSERT INTO transfer_view (id, status, from_iban, to_iban, amount_minor, currency, reference,"
                        + " requested_at, updated_at) SELECT 'TRF-' || n, 'COMPLETED', 'NL1', 'NL2', 100, 'EUR', 'rent',"
                        + " now() + n * interval '1 s', now() FROM generate_series(1, 10000) AS n");
        completed.execute("ANALYZE transfer_view");
        completed.execute("SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off"); // As the service does.
        for (TransferStatus status :
                List.of(TransferStatus.FAILED, TransferStatus.CANCELLED, TransferStatus.RESERVED)) {
            String sql = TransferList.sql(new FindTransfers(status, null, null, null, null, 50), new LinkedHashMap<>());
            completed.execute("PREPARE " + status + " (text, int) AS "
                    + sql.replace(":status", "$1").replace(":most", "$2"));
            String plan = String.join(
                    "\n",
                    completed.queryForList("EXPLAIN EXECUTE " + status + " ('" + status + "', 51)", String.class));

            assertThat(plan)
                    .containsPattern("using transfer_view_(ended|from_refused|to_refused|under_way) ")
                    .doesNotContain("transfer_view_requested", "ended_as)::text = $1");
        }
    }

    /** Small as it is, the table may be sorted sooner than read in order; a large one may not. */
    private static String plan(FindTransfers query) {
        for (String way : List.of("seqscan", "bitmapscan", "sort")) {
            int unused = database.sql("SET enable_" + way + " = off").update();
        }
        Map<String, Object> values = new LinkedHashMap<>();
        return String.join(
                "\n",
                database.sql("EXPLAIN " + TransferList.sql(query, values))
                        .params(values)
                        .param("most", query.limit() + 1)
                        .query(String.class)
                        .list());
    }

    /** All pages, one after the other. */
    private static List<String> pages(FindTransfers query) {
        List<String> listed = new ArrayList<>();
        TransferPage page = list.find(query);
        while (page.next() != null) {
            assertThat(page.transfers()).hasSize(query.limit());
            page.transfers().forEach(transfer -> listed.add(transfer.id().value()));
            assertThat(listed).doesNotHaveDuplicates();
            page = list.find(new FindTransfers(
                    query.status(), query.account(), query.from(), query.to(), page.next(), query.limit()));
        }
        page.transfers().forEach(transfer -> listed.add(transfer.id().value()));
        return listed;
    }

    private static FindTransfers query(Random random) {
        return new FindTransfers(
                random.nextBoolean() ? null : any(STATUSES, random),
                random.nextInt(4) == 0 ? null : any(ACCOUNTS, random),
                random.nextInt(3) == 0 ? NOON.plusSeconds(random.nextInt(60)) : null,
                random.nextInt(3) == 0 ? NOON.plusSeconds(random.nextInt(60)) : null,
                null,
                1 + random.nextInt(40));
    }

    private static boolean isAskedFor(TransferDetails transfer, FindTransfers query) {
        return (query.status() == null || query.status() == transfer.status())
                && (query.account() == null
                        || query.account().equals(transfer.from())
                        || query.account().equals(transfer.to()))
                && (query.from() == null || !transfer.requestedAt().isBefore(query.from()))
                && (query.to() == null || transfer.requestedAt().isBefore(query.to()));
    }

    /** Some of them asked for in the same second. */
    private static TransferRow transfer(int number, Random random) {
        int from = random.nextInt(ACCOUNTS.size());
        int to = (from + 1 + random.nextInt(ACCOUNTS.size() - 1)) % ACCOUNTS.size();
        Instant requestedAt = NOON.plusSeconds(random.nextInt(60));
        TransferRow row = new TransferRow(
                new TransferRequested(
                        new TransferId("TRF-" + number),
                        ACCOUNTS.get(from),
                        ACCOUNTS.get(to),
                        Money.of("1.00", "EUR"),
                        "rent"),
                null,
                requestedAt);
        TransferStatus status = any(STATUSES, random);
        if (status == TransferStatus.PARKED) {
            row.park(requestedAt);
        } else {
            row.advance(status, requestedAt);
        }
        return row;
    }

    private static <T> T any(List<T> of, Random random) {
        return of.get(random.nextInt(of.size()));
    }
}
