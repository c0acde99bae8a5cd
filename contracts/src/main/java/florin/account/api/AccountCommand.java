package florin.account.api;

/** What a branch can be told to do with one account. */
public sealed interface AccountCommand
        permits BarOperation,
                BlockAccount,
                CancelTransferCredit,
                CaptureReservation,
                CloseAccount,
                CreditTransfer,
                DepositMoney,
                OpenAccount,
                ReleaseReservation,
                ReserveFunds,
                UnblockAccount,
                WithdrawMoney {

    Iban iban();
}
