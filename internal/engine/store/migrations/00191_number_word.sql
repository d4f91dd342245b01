-- +goose Up

-- What Meta said last of a number, and of its business account.
ALTER TABLE channel ADD COLUMN said_event TEXT NOT NULL DEFAULT '';
ALTER TABLE channel ADD COLUMN said_limit TEXT NOT NULL DEFAULT '';
ALTER TABLE channel ADD COLUMN said_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE channel ADD COLUMN account_event TEXT NOT NULL DEFAULT ''; -- empty: nothing restricts it
ALTER TABLE channel ADD COLUMN account_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE channel ADD COLUMN account_until BIGINT NOT NULL DEFAULT 0;
