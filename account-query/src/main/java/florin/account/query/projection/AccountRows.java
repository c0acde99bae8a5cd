package florin.account.query.projection;

import java.util.List;
import org.springframework.data.jpa.repository.JpaRepository;

/** The rows of accounts. */
interface AccountRows extends JpaRepository<AccountRow, String> {

    List<AccountRow> findTop100ByOwnerOrderByIban(String owner);
}
