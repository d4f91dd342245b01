-- +goose Up

CREATE TABLE mail_sent ( -- mails that the server took and may still return
    org_id     BYTEA  NOT NULL,
    token_hash BYTEA  NOT NULL, -- of the Message-ID's left side
    owner_id   BYTEA  NOT NULL,
    kind       TEXT   NOT NULL,
    ref        BYTEA,
    at         BIGINT NOT NULL,
    PRIMARY KEY (org_id, token_hash)
);
CREATE INDEX mail_sent_owner ON mail_sent (org_id, owner_id);
