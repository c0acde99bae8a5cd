package florin.transfer.saga;

import java.time.Instant;
import java.util.List;
import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.CrudRepository;
import org.springframework.transaction.annotation.Transactional;

/** The table of the view. */
interface TransferRows extends CrudRepository<TransferRow, String> {

    /** A hundred of those that are neither final nor parked and have not moved since then; the longest not driven first. */
    @Query(
            value =
                    "SELECT * FROM transfer_view WHERE status NOT IN ('COMPLETED', 'FAILED', 'CANCELLED') AND NOT parked"
                            + " AND updated_at <= :since ORDER BY driven_at NULLS FIRST, updated_at LIMIT 100",
            nativeQuery = true)
    List<TransferRow> findStandingStill(Instant since);

    /** Counts another drive of a transfer; gives how many there were since it last moved. */
    @Transactional
    @Query(
            value = "UPDATE transfer_view SET drives = CASE WHEN driven_from = updated_at THEN drives + 1 ELSE 1 END,"
                    + " driven_from = updated_at, driven_at = :now WHERE id = :id RETURNING drives",
            nativeQuery = true)
    int countDrive(String id, Instant now);
}
