-- +goose Up

-- When staff, a program or an import last entered the number and the mail address;
-- 0: none did. Of what was there before, the last change is the latest it can be.
ALTER TABLE contact ADD COLUMN number_entered_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE contact ADD COLUMN email_entered_at BIGINT NOT NULL DEFAULT 0;
UPDATE contact SET number_entered_at = changed_at, email_entered_at = changed_at;

-- How far a round has looked at a request: 0 not yet, 1 whose number it names, 2
-- also what its confirmed mail carries.
ALTER TABLE opt_in_request ADD COLUMN looked BIGINT NOT NULL DEFAULT 0;
CREATE INDEX opt_in_request_looked ON opt_in_request (org_id, looked, state);
