package florin.account.api;

import org.axonframework.serialization.Revision;

/** The account does business again. */
@Revision("1")
public record AccountUnblocked(Iban iban, String operationId) implements AccountEvent {}
