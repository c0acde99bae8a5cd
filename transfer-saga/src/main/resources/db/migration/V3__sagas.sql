-- No process of the version before writes a saga from here on; stop them all before.
LOCK TABLE saga_entry, association_value_entry, scheduled_tasks, token_entry IN ACCESS EXCLUSIVE MODE;

-- A saga a row, with the transfer that it drives and its deadlines, in place of Axon's two tables and db-scheduler's; its
-- version counts its changes.
CREATE TABLE transfer_saga (
    saga_id      VARCHAR(255) PRIMARY KEY,
    transfer_id  VARCHAR(40)  NOT NULL UNIQUE,
    version      BIGINT       NOT NULL,
    state        TEXT         NOT NULL,
    -- By name, as JSON; due_at is the first of them.
    deadlines    TEXT         NOT NULL,
    due_at       TIMESTAMPTZ,
    picked_until TIMESTAMPTZ
);

CREATE INDEX transfer_saga_due ON transfer_saga (due_at);

-- The deadlines of before are not read: the reconciler drives what stands still, whatever its saga waits for.
INSERT INTO transfer_saga (saga_id, transfer_id, version, state, deadlines)
SELECT saga_id, association_value, 0, convert_from(serialized_saga, 'UTF8'), '{}'
FROM saga_entry JOIN association_value_entry USING (saga_id)
WHERE association_key = 'transferId';

DROP TABLE association_value_entry;
DROP SEQUENCE association_value_entry_seq;
DROP TABLE saga_entry;
DROP TABLE scheduled_tasks;
-- Nothing was ever written to it: every processor here stops at what it cannot handle.
DROP TABLE dead_letter_entry;
