-- +goose Up

-- What only the person may read waits here, sealed under her key, until the
-- message has left or its time is over. The message itself holds what others
-- may read of it.
ALTER TABLE outbox ADD COLUMN secret BYTEA;
ALTER TABLE outbox ADD COLUMN secret_until BIGINT NOT NULL DEFAULT 0; -- 0 = the message has no secret
ALTER TABLE mail_queue ADD COLUMN until BIGINT NOT NULL DEFAULT 0; -- after which the mail is of no use; 0 = none
