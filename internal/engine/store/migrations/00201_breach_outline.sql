-- +goose Up

-- What the cockpit and the reminders ask about a breach, so that they need not
-- open what was written about it. Nothing here is about a person.
ALTER TABLE breach ADD COLUMN people BIGINT NOT NULL DEFAULT -1; -- whom it concerns, as counted; -1: written before this column
ALTER TABLE breach ADD COLUMN risk TEXT NOT NULL DEFAULT ''; -- none | risk | high; empty: not judged yet
ALTER TABLE breach ADD COLUMN lacks TEXT NOT NULL DEFAULT ''; -- codes of what a notification still lacks, with a comma between
