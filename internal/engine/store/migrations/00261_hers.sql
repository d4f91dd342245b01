-- +goose Up

-- A mail address that the person herself entered, in a visit that she opened as an
-- identity that has written to us, and then proved: it counts at once.
ALTER TABLE contact ADD COLUMN email_proven_at BIGINT NOT NULL DEFAULT 0; -- 0 = she did not

-- What a person may correct herself, in the portal.
ALTER TABLE attribute ADD COLUMN hers BOOLEAN NOT NULL DEFAULT FALSE;
