-- +goose Up

CREATE TABLE mail_queue ( -- one row until the mail server has taken the mail
    org_id     BYTEA  NOT NULL,
    id         BYTEA  NOT NULL,
    owner_id   BYTEA  NOT NULL, -- whose key seals it
    kind       TEXT   NOT NULL, -- whose business it is
    ref        BYTEA,           -- the thing it belongs to
    message    BYTEA  NOT NULL, -- sealed
    attempts   BIGINT NOT NULL,
    not_before BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE INDEX mail_queue_due ON mail_queue (not_before);
CREATE INDEX mail_queue_owner ON mail_queue (org_id, owner_id);
