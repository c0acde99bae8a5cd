package florin.account.api;

import florin.money.Money;

/** Balances after a command; {@code position} is the sequence number of its event in the account's own stream. */
public record AccountBalance(Iban iban, Money booked, Money reserved, Money available, long position) {}
