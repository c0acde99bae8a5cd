package florin.account.api;

/** What happened to one account; kept for ever. */
public sealed interface AccountEvent
        permits AccountClosed,
                AccountOpened,
                FundsReservationRejected,
                FundsReserved,
                MoneyDeposited,
                MoneyWithdrawn,
                ReservationCaptured,
                ReservationReleased,
                TransferCreditCancelled,
                TransferCreditRejected,
                TransferCredited {

    Iban iban();
}
