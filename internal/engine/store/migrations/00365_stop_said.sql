-- +goose Up

-- When the STOP that holds was written: a START that was written before it, and
-- came after it, does not take it back.
ALTER TABLE opt_out ADD COLUMN said_at BIGINT NOT NULL DEFAULT 0;
UPDATE opt_out SET said_at = at;
