package florin.account.api;

import org.axonframework.serialization.Revision;

/** The account takes no more business. */
@Revision("1")
public record AccountClosed(Iban iban, String operationId) implements AccountEvent {}
