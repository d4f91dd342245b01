-- +goose Up

-- She wrote again after her STOP, with words that are no stop words; 0: not.
ALTER TABLE opt_out ADD COLUMN wrote_at BIGINT NOT NULL DEFAULT 0;

-- Advertising as UWG means it, whatever Meta calls it: the organisation says so.
ALTER TABLE template ADD COLUMN advertising BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE quick_reply ADD COLUMN advertising BOOLEAN NOT NULL DEFAULT FALSE;

-- The wording names service and utility alike.
ALTER TABLE consent_text ADD COLUMN names_both BOOLEAN NOT NULL DEFAULT FALSE;

-- The check of its parts that a version last passed; 0: none. What was published
-- before counts as checked by the first. And since when it is short of a later
-- one; 0: it is not.
ALTER TABLE notice ADD COLUMN passed BIGINT NOT NULL DEFAULT 1;
ALTER TABLE notice ADD COLUMN short_since BIGINT NOT NULL DEFAULT 0;

-- How the notice was handed over where no message brought it; sealed.
ALTER TABLE notice_delivery ADD COLUMN handed BYTEA;
