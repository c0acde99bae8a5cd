package florin.account.api;

import org.axonframework.serialization.Revision;

/** An operation that was refused stays so, whatever attempt at it comes late. */
@Revision("1")
public record OperationBarred(Iban iban, String operationId) implements AccountEvent {}
