package florin.transfer.saga;

import java.time.Instant;
import java.util.List;
import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.CrudRepository;

/** The table of the view. */
interface TransferRows extends CrudRepository<TransferRow, String> {

    /** The hundred that have stood still longest of those that are not final and have not moved since then. */
    @Query(
            value = "SELECT * FROM transfer_view WHERE status NOT IN ('COMPLETED', 'FAILED') AND updated_at <= :since"
                    + " ORDER BY updated_at LIMIT 100",
            nativeQuery = true)
    List<TransferRow> findStandingStill(Instant since);
}
