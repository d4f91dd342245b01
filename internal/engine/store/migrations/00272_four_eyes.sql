-- +goose Up

-- Who decides must have done so for a week before a question, and counts for a
-- week longer when she is shut out (rule/foureyes).
ALTER TABLE account ADD COLUMN decides_since BIGINT NOT NULL DEFAULT 0; -- since when the account is active with its role
ALTER TABLE account ADD COLUMN counts_until BIGINT NOT NULL DEFAULT 0;  -- 0: she was never taken away
UPDATE account SET decides_since = created_at;

-- Nobody else could decide when it was asked: it waits, and stays marked.
ALTER TABLE approval ADD COLUMN alone BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE approval SET alone = TRUE WHERE decided_at <> 0 AND decided_id = by_id;
