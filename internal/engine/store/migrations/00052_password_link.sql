-- +goose Up

CREATE TABLE password_link ( -- installation-wide: who holds the link is not signed in yet
    token_hash BYTEA  NOT NULL PRIMARY KEY,
    org_id     BYTEA  NOT NULL,
    account_id BYTEA  NOT NULL,
    expires_at BIGINT NOT NULL
);
