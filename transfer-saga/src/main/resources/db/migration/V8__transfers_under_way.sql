-- The transfers that are under way, of all and of an account, among however many that have ended or are parked. Such a
-- transfer stays where it is in these, however often its row changes; it is not among those that have ended meanwhile.
DROP INDEX transfer_view_ended;
CREATE INDEX transfer_view_ended ON transfer_view (ended_as, requested_at, id) WHERE ended_as IS NOT NULL;
CREATE INDEX transfer_view_under_way ON transfer_view (requested_at, id) WHERE ended_as IS NULL AND NOT parked;
CREATE INDEX transfer_view_from_under_way ON transfer_view (from_iban, requested_at, id)
    WHERE ended_as IS NULL AND NOT parked;
CREATE INDEX transfer_view_to_under_way ON transfer_view (to_iban, requested_at, id)
    WHERE ended_as IS NULL AND NOT parked;
