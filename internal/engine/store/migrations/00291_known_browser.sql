-- +goose Up

CREATE TABLE known_browser ( -- in which somebody has signed in: its failures count apart
    org_id     BYTEA  NOT NULL,
    account_id BYTEA  NOT NULL,
    hash       BYTEA  NOT NULL, -- of the cookie
    at         BIGINT NOT NULL, -- of the first sign-in there
    PRIMARY KEY (org_id, account_id, hash)
);
