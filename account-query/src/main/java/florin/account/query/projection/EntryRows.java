package florin.account.query.projection;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import org.springframework.data.domain.Limit;
import org.springframework.data.jpa.repository.JpaRepository;
import org.springframework.data.jpa.repository.Modifying;
import org.springframework.data.jpa.repository.Query;

/** The rows of entries. */
interface EntryRows extends JpaRepository<EntryRow, String> {

    List<EntryRow> findByAccountAndPositionGreaterThanOrderByPosition(String account, long position, Limit limit);

    /** Books both sides of a posting; a posting booked before is left as it is. */
    @Modifying
    @Query(
            nativeQuery = true,
            value =
                    """
            INSERT INTO entry (id, account, ledger, currency, amount_minor, kind, transfer_id, reference, booked_at, position)
            VALUES (:posting || '-D', :debited, :debitedLedger, :currency, -:amountMinor, :kind,
                    :transferId, :reference, :bookedAt, :position),
                   (:posting || '-C', :credited, :creditedLedger, :currency, :amountMinor, :kind,
                    :transferId, :reference, :bookedAt, :position)
            ON CONFLICT (id) DO NOTHING
            """)
    void insert(
            String posting,
            String debited,
            String debitedLedger,
            String credited,
            String creditedLedger,
            String currency,
            long amountMinor,
            String kind,
            String transferId,
            String reference,
            Instant bookedAt,
            long position);

    /** All sums in one statement, thus of one instant. */
    @Query(
            nativeQuery = true,
            value =
                    """
            SELECT ledger AS ledger, currency AS currency, sum(amount_minor) AS amount
            FROM entry GROUP BY ledger, currency ORDER BY ledger, currency
            """)
    List<LedgerSum> sums();

    /** The sum of one ledger account in one currency. */
    interface LedgerSum {
        String getLedger();

        String getCurrency();

        BigDecimal getAmount();
    }
}
