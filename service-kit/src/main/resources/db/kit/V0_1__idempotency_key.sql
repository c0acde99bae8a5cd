CREATE TABLE idempotency_key (
    key          VARCHAR(255) PRIMARY KEY,
    request_hash CHAR(64)     NOT NULL,
    operation_id VARCHAR(36)  NOT NULL,
    created_at   TIMESTAMPTZ  NOT NULL,
    leased_until TIMESTAMPTZ  NOT NULL,
    status       INTEGER,
    location     VARCHAR(512),
    body         TEXT
);

CREATE INDEX idempotency_key_created_at ON idempotency_key (created_at);
