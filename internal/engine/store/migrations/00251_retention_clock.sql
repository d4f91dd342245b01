-- +goose Up

-- The last time at which it was believed what time it is: nothing is deleted by a
-- clock that can't be right.
CREATE TABLE retention_clock (
    org_id BYTEA  NOT NULL,
    seen   BIGINT NOT NULL,
    doubt  TEXT   NOT NULL, -- why the time now is not believed; empty: it is
    wrong  BIGINT NOT NULL, -- the time that is not believed
    PRIMARY KEY (org_id)
);
