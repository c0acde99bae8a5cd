package florin.account.api;

import florin.transfer.api.TransferId;

/** What happened to one transfer at its source or its target. */
public sealed interface TransferLegEvent extends AccountEvent
        permits FundsReservationRejected,
                FundsReserved,
                ReservationCaptured,
                ReservationReleased,
                TransferCreditCancelled,
                TransferCreditRejected,
                TransferCredited {

    TransferId transferId();
}
