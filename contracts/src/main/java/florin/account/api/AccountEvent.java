package florin.account.api;

/** What happened to one account; kept for ever. */
public sealed interface AccountEvent
        permits AccountClosed, AccountOpened, MoneyDeposited, MoneyWithdrawn, TransferLegEvent {

    Iban iban();
}
