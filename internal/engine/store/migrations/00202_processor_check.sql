-- +goose Up

-- The check that an entry last passed. What was saved before counts as checked by
-- the first. And since when it is short of a later one; 0: it is not.
ALTER TABLE processor ADD COLUMN passed BIGINT NOT NULL DEFAULT 1;
ALTER TABLE processor ADD COLUMN short_since BIGINT NOT NULL DEFAULT 0;
