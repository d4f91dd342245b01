-- +goose Up

-- What a program may, and for how long. Tokens from before are of the kind
-- "legacy": they go on as they were.
ALTER TABLE api_token ADD COLUMN kind TEXT NOT NULL DEFAULT 'legacy'; -- legacy | automation | campaign
ALTER TABLE api_token ADD COLUMN owner_id BYTEA;                      -- the account that answers for it
ALTER TABLE api_token ADD COLUMN scopes TEXT NOT NULL DEFAULT '';     -- with blanks between; of legacy ones: all
ALTER TABLE api_token ADD COLUMN channels TEXT NOT NULL DEFAULT '';   -- ids with blanks between; empty: all numbers
ALTER TABLE api_token ADD COLUMN expires_at BIGINT NOT NULL DEFAULT 0; -- 0: never
ALTER TABLE api_token ADD COLUMN used_at BIGINT NOT NULL DEFAULT 0;

-- Reading in bulk, which a second person grants.
ALTER TABLE api_token ADD COLUMN bulk BYTEA;                             -- sealed: what for
ALTER TABLE api_token ADD COLUMN bulk_recipient_id BYTEA;                -- entry of the register of processors
ALTER TABLE api_token ADD COLUMN bulk_ceiling BIGINT NOT NULL DEFAULT 0; -- records a day
ALTER TABLE api_token ADD COLUMN bulk_until BIGINT NOT NULL DEFAULT 0;   -- 0: nobody has asked
ALTER TABLE api_token ADD COLUMN bulk_by_id BYTEA;                       -- who asked
ALTER TABLE api_token ADD COLUMN bulk_granted_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE api_token ADD COLUMN bulk_stopped_at BIGINT NOT NULL DEFAULT 0; -- above the ceiling: it asks

CREATE TABLE token_day ( -- how many records a program has read on a day (UTC)
    org_id   BYTEA  NOT NULL,
    token_id BYTEA  NOT NULL,
    day      TEXT   NOT NULL,
    records  BIGINT NOT NULL,
    PRIMARY KEY (org_id, token_id, day)
);
