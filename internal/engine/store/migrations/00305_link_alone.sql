-- +goose Up

-- Two records that are each known by an identity were linked without a second
-- person, because nobody else there may decide.
ALTER TABLE person_link ADD COLUMN alone BOOLEAN NOT NULL DEFAULT FALSE;
