-- +goose Up

CREATE TABLE restore ( -- from a backup; nothing runs while one is not finished
    id          BYTEA  NOT NULL PRIMARY KEY,
    data        TEXT   NOT NULL, -- name of the backup
    started_at  BIGINT NOT NULL,
    finished_at BIGINT NOT NULL  -- 0 = under way, or broken off
);
