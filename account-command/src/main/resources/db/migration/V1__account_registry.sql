-- One row an account of this branch. The events are the truth; this table answers what no single account can:
-- which numbers are taken, and whether a customer has an account in a currency already.
CREATE SEQUENCE account_number;

CREATE TABLE account (
    iban         VARCHAR(34)  PRIMARY KEY,
    owner        VARCHAR(140) NOT NULL,
    currency     CHAR(3)      NOT NULL,
    -- PENDING: claimed by operation_id until leased_until, then open to be taken over. CLOSED never changes again.
    -- SURPLUS: opened beside another open one, which only a restored, older copy of this database can have let through.
    status       VARCHAR(7)   NOT NULL CHECK (status IN ('PENDING', 'OPEN', 'CLOSED', 'SURPLUS')),
    operation_id VARCHAR(36),
    leased_until TIMESTAMPTZ,
    opened_at    TIMESTAMPTZ
);

CREATE UNIQUE INDEX account_of_owner ON account (owner, currency) WHERE status IN ('PENDING', 'OPEN');
CREATE UNIQUE INDEX account_of_operation ON account (operation_id);

-- Axon's tokens, in the database of what they tell the position of.
CREATE TABLE TokenEntry (
    processorName VARCHAR(255) NOT NULL,
    segment       INTEGER      NOT NULL,
    token         BYTEA,
    tokenType     VARCHAR(255),
    timestamp     VARCHAR(255),
    owner         VARCHAR(255),
    PRIMARY KEY (processorName, segment)
);
