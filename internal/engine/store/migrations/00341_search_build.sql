-- +goose Up

-- Which version of the search index an organisation has, and how far it is made:
-- what is older than the index, or than its version, is read by a job. Left out
-- of backups with the index (search_*).
CREATE TABLE search_build (
    org_id   BYTEA  NOT NULL,
    version  BIGINT NOT NULL,
    upto     BYTEA  NOT NULL, -- what came later was indexed when it came
    reached  BYTEA  NOT NULL, -- messages up to here are indexed
    done     BIGINT NOT NULL, -- messages read
    total    BIGINT NOT NULL, -- and how many there were when it began
    begun_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL, -- 0: under way
    PRIMARY KEY (org_id)
);
