package florin.account.api;

/** What happened to one account; kept for ever. */
public sealed interface AccountEvent
        permits AccountBlocked,
                AccountClosed,
                AccountOpened,
                AccountUnblocked,
                MoneyDeposited,
                MoneyWithdrawn,
                OperationBarred,
                TransferLegEvent {

    Iban iban();
}
