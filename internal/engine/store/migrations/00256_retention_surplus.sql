-- +goose Up

-- Until when the time is known to be right, by looks that followed one another and
-- by what people wrote. What fell due beyond it waits for a person, or a week.
ALTER TABLE retention_clock ADD COLUMN sure BIGINT NOT NULL DEFAULT 0;  -- 0 = as seen
ALTER TABLE retention_clock ADD COLUMN since BIGINT NOT NULL DEFAULT 0; -- since when the time is ahead of it; 0 = it is not
ALTER TABLE retention_clock ADD COLUMN waits BIGINT NOT NULL DEFAULT 0; -- rows

-- By which time a run deletes if much fell due beyond it; 0 = when it began.
ALTER TABLE retention_run ADD COLUMN sure_until BIGINT NOT NULL DEFAULT 0;
