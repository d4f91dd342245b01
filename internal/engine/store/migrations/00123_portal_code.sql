-- +goose Up

-- Codes and wrong tries are counted for an hour, over all codes for a number.
ALTER TABLE portal_code ADD COLUMN since BIGINT NOT NULL DEFAULT 0;
ALTER TABLE portal_code ADD COLUMN made BIGINT NOT NULL DEFAULT 1;
ALTER TABLE portal_code ADD COLUMN made_at BIGINT NOT NULL DEFAULT 0;
