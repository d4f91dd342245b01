-- +goose Up

-- Over which number a message went of which Meta tells and that nobody here sent
-- or has heard of; NULL for whatever else waits for its message.
ALTER TABLE early ADD COLUMN channel_id BYTEA;
