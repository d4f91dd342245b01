-- +goose Up

-- How many service messages a number has sent in a month: the first of them are
-- free (Cloud API: pricing since October 2026).
CREATE TABLE served (
    org_id     BYTEA  NOT NULL,
    channel_id BYTEA  NOT NULL,
    month      TEXT   NOT NULL, -- 2026-11
    n          BIGINT NOT NULL,
    PRIMARY KEY (org_id, channel_id, month)
);
