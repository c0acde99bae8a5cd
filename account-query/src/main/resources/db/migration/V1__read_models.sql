CREATE TABLE account (
    iban            VARCHAR(34)  PRIMARY KEY,
    owner           VARCHAR(140) NOT NULL,
    currency        CHAR(3)      NOT NULL,
    booked_minor    BIGINT       NOT NULL,
    reserved_minor  BIGINT       NOT NULL,
    overdraft_minor BIGINT       NOT NULL,
    status          VARCHAR(6)   NOT NULL,
    position        BIGINT       NOT NULL
);

CREATE INDEX account_owner ON account (owner, iban);

CREATE TABLE entry (
    id           VARCHAR(64)  PRIMARY KEY,
    account      VARCHAR(34)  NOT NULL,
    ledger       VARCHAR(34)  NOT NULL,
    currency     CHAR(3)      NOT NULL,
    amount_minor BIGINT       NOT NULL,
    kind         VARCHAR(32)  NOT NULL,
    transfer_id  VARCHAR(64),
    reference    VARCHAR(140),
    booked_at    TIMESTAMPTZ  NOT NULL,
    position     BIGINT       NOT NULL
);

CREATE INDEX entry_account ON entry (account, position);
CREATE INDEX entry_ledger ON entry (ledger, currency) INCLUDE (amount_minor);

-- Axon Framework's tracking tokens and dead letters, in the database of the rows they belong to.
CREATE TABLE token_entry (
    processor_name VARCHAR(255) NOT NULL,
    segment        INTEGER      NOT NULL,
    token          BYTEA,
    token_type     VARCHAR(255),
    timestamp      VARCHAR(255) NOT NULL,
    owner          VARCHAR(255),
    PRIMARY KEY (processor_name, segment)
);

CREATE TABLE dead_letter_entry (
    dead_letter_id       VARCHAR(255)  PRIMARY KEY,
    processing_group     VARCHAR(255)  NOT NULL,
    sequence_identifier  VARCHAR(255)  NOT NULL,
    sequence_index       BIGINT        NOT NULL,
    message_type         VARCHAR(255)  NOT NULL,
    event_identifier     VARCHAR(255)  NOT NULL,
    time_stamp           VARCHAR(255)  NOT NULL,
    payload_type         VARCHAR(255)  NOT NULL,
    payload_revision     VARCHAR(255),
    payload              BYTEA         NOT NULL,
    meta_data            BYTEA,
    type                 VARCHAR(255),
    aggregate_identifier VARCHAR(255),
    sequence_number      BIGINT,
    token_type           VARCHAR(255),
    token                BYTEA,
    enqueued_at          TIMESTAMPTZ   NOT NULL,
    last_touched         TIMESTAMPTZ,
    processing_started   TIMESTAMPTZ,
    cause_type           VARCHAR(255),
    cause_message        VARCHAR(1023),
    diagnostics          BYTEA,
    UNIQUE (processing_group, sequence_identifier, sequence_index)
);

CREATE INDEX dead_letter_entry_group ON dead_letter_entry (processing_group);
