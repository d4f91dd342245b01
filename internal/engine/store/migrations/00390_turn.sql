-- +goose Up

-- Organisations take turns: which is the next that has something due.
CREATE INDEX job_turn ON job (org_id, lease_until) WHERE state = 'due';
CREATE INDEX media_turn ON media (org_id, not_before) WHERE state = 'wanted';
CREATE INDEX mail_queue_turn ON mail_queue (org_id, not_before);
CREATE INDEX erasure_turn ON erasure (org_id, not_before) WHERE step <> 'done';
