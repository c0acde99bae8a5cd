-- Axon's saga store and token store (JPA); bytea, not large objects.
CREATE TABLE saga_entry (
    saga_id         VARCHAR(255) PRIMARY KEY,
    saga_type       VARCHAR(255),
    revision        VARCHAR(255),
    serialized_saga BYTEA
);

-- Hibernate fetches ids by fifty.
CREATE SEQUENCE association_value_entry_seq INCREMENT BY 50;

CREATE TABLE association_value_entry (
    id                BIGINT PRIMARY KEY,
    saga_id           VARCHAR(255) NOT NULL,
    association_key   VARCHAR(255) NOT NULL,
    association_value VARCHAR(255),
    saga_type         VARCHAR(255)
);

CREATE INDEX association_value_entry_value ON association_value_entry (saga_type, association_key, association_value);
CREATE INDEX association_value_entry_saga ON association_value_entry (saga_id, saga_type);

CREATE TABLE token_entry (
    processor_name VARCHAR(255) NOT NULL,
    segment        INTEGER      NOT NULL,
    token          BYTEA,
    token_type     VARCHAR(255),
    timestamp      VARCHAR(255) NOT NULL,
    owner          VARCHAR(255),
    PRIMARY KEY (processor_name, segment)
);

-- Mapped by Axon with the others; nothing is written to it, because every processor here stops at what it cannot handle.
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

-- The deadlines of db-scheduler.
CREATE TABLE scheduled_tasks (
    task_name            TEXT        NOT NULL,
    task_instance        TEXT        NOT NULL,
    task_data            BYTEA,
    execution_time       TIMESTAMPTZ NOT NULL,
    picked               BOOLEAN     NOT NULL,
    picked_by            TEXT,
    last_success         TIMESTAMPTZ,
    last_failure         TIMESTAMPTZ,
    consecutive_failures INTEGER,
    last_heartbeat       TIMESTAMPTZ,
    version              BIGINT      NOT NULL,
    priority             SMALLINT,
    PRIMARY KEY (task_name, task_instance)
);

CREATE INDEX scheduled_tasks_execution_time ON scheduled_tasks (execution_time);
CREATE INDEX scheduled_tasks_last_heartbeat ON scheduled_tasks (last_heartbeat);

-- How far each transfer is.
CREATE TABLE transfer_view (
    id             VARCHAR(40)  PRIMARY KEY,
    status         VARCHAR(16)  NOT NULL,
    reason         VARCHAR(8),
    from_iban      VARCHAR(34)  NOT NULL,
    to_iban        VARCHAR(34)  NOT NULL,
    amount_minor   BIGINT       NOT NULL CHECK (amount_minor > 0),
    currency       VARCHAR(3)     NOT NULL,
    reference      VARCHAR(140) NOT NULL,
    correlation_id VARCHAR(255),
    requested_at   TIMESTAMPTZ  NOT NULL,
    updated_at     TIMESTAMPTZ  NOT NULL
);

CREATE INDEX transfer_view_open ON transfer_view (updated_at) WHERE status NOT IN ('COMPLETED', 'FAILED');
