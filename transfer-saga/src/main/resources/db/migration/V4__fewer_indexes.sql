-- A row that changes with each step changes no index while it does, and stays in its page, which has room for that.
ALTER TABLE transfer_view SET (fillfactor = 60);
ALTER TABLE transfer_view
    ADD COLUMN ended_as VARCHAR(16)
    GENERATED ALWAYS AS (CASE WHEN status IN ('COMPLETED', 'FAILED', 'CANCELLED') THEN status END) STORED;
DROP INDEX transfer_view_status;
DROP INDEX transfer_view_open;
CREATE INDEX transfer_view_ended ON transfer_view (ended_as, requested_at, id);
CREATE INDEX transfer_view_open ON transfer_view (driven_at NULLS FIRST) WHERE ended_as IS NULL AND NOT parked;

-- due_at is the first deadline or earlier.
ALTER TABLE transfer_saga SET (fillfactor = 50);

-- An event is known by its place in its stream; the steps of a transfer lie together. Two events of one place are there only
-- after the event store had lost the first.
ALTER TABLE transfer_step DROP CONSTRAINT transfer_step_pkey;
DROP INDEX transfer_step_transfer;
DELETE FROM transfer_step AS lost USING transfer_step AS kept
WHERE lost.transfer_id = kept.transfer_id AND lost.stream = kept.stream AND lost.position = kept.position
    AND lost.number < kept.number;
CREATE UNIQUE INDEX transfer_step_event ON transfer_step (transfer_id, stream, position);
