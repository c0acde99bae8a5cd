package florin.account.query.control;

import java.util.List;
import org.axonframework.eventhandling.tokenstore.jpa.TokenEntry;
import org.springframework.data.repository.Repository;

/** Reads the tokens of all segments, also of those that another instance works on. */
interface TokenRows extends Repository<TokenEntry, TokenEntry.PK> {

    List<TokenEntry> findByProcessorNameOrderBySegment(String processorName);
}
