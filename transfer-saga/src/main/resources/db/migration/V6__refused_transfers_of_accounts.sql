-- The transfers of an account that moved no money, among however many that did.
CREATE INDEX transfer_view_from_refused ON transfer_view (from_iban, ended_as, requested_at, id)
    WHERE ended_as IN ('FAILED', 'CANCELLED');
CREATE INDEX transfer_view_to_refused ON transfer_view (to_iban, ended_as, requested_at, id)
    WHERE ended_as IN ('FAILED', 'CANCELLED');
