package florin.account.query.projection;

import florin.account.api.Iban;

/** An account of the ledger, and the line of the trial balance that it belongs to: all customers of a branch are one. */
record LedgerAccount(String account, String ledger) {

    static LedgerAccount customer(Iban iban) {
        return new LedgerAccount(iban.value(), "CUSTOMERS:" + iban.branch());
    }

    static LedgerAccount cash(Iban iban) {
        return own("CASH:" + iban.branch());
    }

    /** Where money waits between the branches of a transfer. */
    static LedgerAccount clearing(Iban iban) {
        return own("CLEARING:" + iban.branch());
    }

    private static LedgerAccount own(String name) {
        return new LedgerAccount(name, name);
    }
}
