-- The parked transfers of an account, among however many that are not; one that is never parked writes nothing here.
CREATE INDEX transfer_view_from_parked ON transfer_view (from_iban, requested_at, id) WHERE parked;
CREATE INDEX transfer_view_to_parked ON transfer_view (to_iban, requested_at, id) WHERE parked;
