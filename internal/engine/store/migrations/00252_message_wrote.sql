-- +goose Up

-- In which order messages became visible: on PostgreSQL the number of the
-- transaction, by a default that the program sets. On SQLite, where one writes
-- after the other, identifiers are in that order already.
ALTER TABLE message ADD COLUMN wrote BIGINT NOT NULL DEFAULT 0;
CREATE INDEX message_followed ON message (org_id, wrote, id);
