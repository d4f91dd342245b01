-- +goose Up

-- Backups that the program made by itself or that somebody asked for. The
-- organisation is the installation: all share one backup.
CREATE TABLE backup_run (
    org_id     BYTEA  NOT NULL,
    id         BYTEA  NOT NULL,
    node       TEXT   NOT NULL, -- that makes it; empty: none yet
    by_id      BYTEA,           -- who asked for it
    asked_at   BIGINT NOT NULL,
    alive_at   BIGINT NOT NULL, -- the node was at it
    ended_at   BIGINT NOT NULL, -- 0 = waits, or is under way
    name       TEXT   NOT NULL, -- of the backup
    rows_in_it BIGINT NOT NULL,
    files      BIGINT NOT NULL,
    new_files  BIGINT NOT NULL,
    problem    TEXT   NOT NULL, -- interrupted | failed
    PRIMARY KEY (org_id, id)
);
CREATE INDEX backup_run_open ON backup_run (org_id, id) WHERE ended_at = 0;
