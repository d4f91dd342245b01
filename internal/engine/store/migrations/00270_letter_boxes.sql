-- +goose Up

CREATE TABLE relay_beat ( -- letter boxes that take webhooks while the installation is down, and when they were last heard
    name     TEXT   NOT NULL PRIMARY KEY,
    heard_at BIGINT NOT NULL,
    waiting  BIGINT NOT NULL, -- letters that it could not hand over yet
    refused  BIGINT NOT NULL  -- letters that were not taken here, and that it keeps for a while
);

-- +goose Down
