-- No process of the version before books entries from here on, for it would leave them out of the sums; stop them all before.
LOCK TABLE entry IN EXCLUSIVE MODE;

-- What the entries of each ledger sum to, in parts: who books adds to that of its connection, so that others seldom wait for
-- it; who reads adds up all parts.
CREATE TABLE ledger_balance (
    ledger       VARCHAR(34) NOT NULL,
    currency     CHAR(3)     NOT NULL,
    part         INTEGER     NOT NULL,
    amount_minor NUMERIC     NOT NULL,
    PRIMARY KEY (ledger, currency, part)
) WITH (fillfactor = 50);

INSERT INTO ledger_balance (ledger, currency, part, amount_minor)
SELECT ledger, currency, 0, sum(amount_minor) FROM entry GROUP BY ledger, currency;

DROP INDEX entry_ledger;
