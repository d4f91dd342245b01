-- +goose Up

CREATE TABLE notice_profile ( -- whether a number's profile at WhatsApp links the notice (S17)
    org_id     BYTEA  NOT NULL,
    channel_id BYTEA  NOT NULL,
    state      TEXT   NOT NULL, -- linked | missing | unread
    checked_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, channel_id)
);
