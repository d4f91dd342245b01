-- +goose Up

CREATE TABLE passkey_visit ( -- a challenge to somebody who has not said yet who she is
    hash      BYTEA  NOT NULL PRIMARY KEY, -- of what the browser holds
    challenge BYTEA  NOT NULL,
    until     BIGINT NOT NULL
);
