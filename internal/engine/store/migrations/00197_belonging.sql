-- +goose Up

-- A record into which staff merged another holds more than one person has shown
-- to be hers. mixed_at is when that happened for the first time; 0: never. Own
-- are the identities of the one whose record it was.
ALTER TABLE contact ADD COLUMN mixed_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE identity ADD COLUMN own BOOLEAN NOT NULL DEFAULT FALSE;

-- What was merged before: nobody knows any more whose each identity was.
UPDATE contact SET mixed_at = COALESCE((SELECT MIN(l.ended_at) FROM person_link l WHERE l.org_id = contact.org_id AND l.contact_id = contact.id AND l.state = 'merged'), 0);
