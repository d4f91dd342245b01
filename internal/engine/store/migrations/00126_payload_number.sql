-- +goose Up

ALTER TABLE payload ADD COLUMN channel_id BYTEA; -- the number it came to; NULL: none, it is about the account
