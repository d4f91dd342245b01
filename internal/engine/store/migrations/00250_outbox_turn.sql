-- +goose Up

-- A lane reads only what may go now: what waits behind another message to the
-- same person is marked as such, and becomes the first of hers in its turn.
ALTER TABLE outbox ADD COLUMN turn BIGINT NOT NULL DEFAULT 0; -- 0 first try, 1 was tried before, 2 waits behind another one
CREATE INDEX outbox_turn ON outbox (org_id, channel_id, state, turn, priority, id);
CREATE INDEX outbox_behind ON outbox (org_id, contact_id, channel_id, turn, priority, id);
DROP INDEX outbox_due;
DROP INDEX outbox_person;
