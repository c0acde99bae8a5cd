package florin.account.api;

import org.axonframework.serialization.Revision;

/** The account takes no new business for now; the reservations that it has end as they would. */
@Revision("1")
public record AccountBlocked(Iban iban, String operationId) implements AccountEvent {}
