-- +goose Up

-- What a member of staff has begun to write to a person and not sent.
CREATE TABLE draft (
    org_id     BYTEA  NOT NULL,
    contact_id BYTEA  NOT NULL,
    channel_id BYTEA  NOT NULL,
    account_id BYTEA  NOT NULL,
    sealed     BYTEA  NOT NULL, -- text, the message answered
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, contact_id, channel_id, account_id)
);
CREATE INDEX draft_age ON draft (org_id, changed_at);
