-- Room for two generations of each read model: one is read and kept up to date, a replay builds the next one beside it. Those with
-- even numbers are kept in one half of the tables, those with odd numbers in the other. What is read are the views, which are
-- turned to the other half at one moment for all readers. Whoever changes a table later changes both halves, and makes its view
-- anew.
ALTER TABLE account RENAME TO account_even;
ALTER TABLE entry RENAME TO entry_even;
ALTER TABLE ledger_balance RENAME TO ledger_balance_even;

CREATE TABLE account_odd (LIKE account_even INCLUDING ALL);
CREATE TABLE entry_odd (LIKE entry_even INCLUDING ALL);
CREATE TABLE ledger_balance_odd (LIKE ledger_balance_even INCLUDING ALL) WITH (fillfactor = 50);

CREATE VIEW account AS SELECT * FROM account_even;
CREATE VIEW entry AS SELECT * FROM entry_even;
CREATE VIEW ledger_balance AS SELECT * FROM ledger_balance_even;

-- The number of the generation that is read, and what the other half holds: nothing (EMPTY), the next generation (BUILDING), or
-- one that is given up and is still to be removed (LEFT).
CREATE TABLE projection (
    name       VARCHAR(32) PRIMARY KEY,
    generation BIGINT      NOT NULL,
    other_half VARCHAR(8)  NOT NULL
);

INSERT INTO projection (name, generation, other_half) VALUES ('accounts', 0, 'EMPTY'), ('entries', 0, 'EMPTY');
