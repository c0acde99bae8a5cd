-- No event of a transfer is newer than its updated_at: one that is has not been seen.
UPDATE transfer_view SET updated_at = newest.at
FROM (SELECT transfer_id, max(at) AS at FROM transfer_step GROUP BY transfer_id) AS newest
WHERE transfer_view.id = newest.transfer_id AND transfer_view.updated_at < newest.at;
