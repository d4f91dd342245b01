-- +goose Up

CREATE TABLE report_day ( -- what happened on one day, in figures
    org_id  BYTEA  NOT NULL,
    day     TEXT   NOT NULL, -- 2026-11-25, in the organisation's time
    made_at BIGINT NOT NULL,
    figures TEXT   NOT NULL, -- JSON: counts, and which members of staff they come from
    PRIMARY KEY (org_id, day)
);
