-- A transfer that is parked keeps its status beside that; one that was called off is cancelled at its target first.
ALTER TABLE transfer_view
    ADD COLUMN parked        BOOLEAN NOT NULL DEFAULT FALSE,
    ADD COLUMN called_off    BOOLEAN NOT NULL DEFAULT FALSE,
    -- Of the reconciler: how often it has driven the transfer since it last moved (driven_from is updated_at then).
    ADD COLUMN drives        INTEGER NOT NULL DEFAULT 0,
    ADD COLUMN driven_from   TIMESTAMPTZ,
    ADD COLUMN driven_at     TIMESTAMPTZ;

DROP INDEX transfer_view_open;
CREATE INDEX transfer_view_open ON transfer_view (driven_at, updated_at)
    WHERE status NOT IN ('COMPLETED', 'FAILED', 'CANCELLED') AND NOT parked;
CREATE INDEX transfer_view_requested ON transfer_view (requested_at, id);
CREATE INDEX transfer_view_status ON transfer_view (status, requested_at, id);
CREATE INDEX transfer_view_parked ON transfer_view (requested_at, id) WHERE parked;
CREATE INDEX transfer_view_from ON transfer_view (from_iban, requested_at, id);
CREATE INDEX transfer_view_to ON transfer_view (to_iban, requested_at, id);

-- What happened to each transfer, an event a row.
CREATE TABLE transfer_step (
    event_id       VARCHAR(255) PRIMARY KEY,
    transfer_id    VARCHAR(40)  NOT NULL,
    number         BIGINT GENERATED ALWAYS AS IDENTITY,
    event          VARCHAR(64)  NOT NULL,
    at             TIMESTAMPTZ  NOT NULL,
    service        VARCHAR(64)  NOT NULL,
    attempts       INTEGER,
    stream         VARCHAR(64)  NOT NULL,
    position       BIGINT,
    correlation_id VARCHAR(255),
    detail         VARCHAR(500)
);

CREATE INDEX transfer_step_transfer ON transfer_step (transfer_id, number);
