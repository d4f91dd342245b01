-- +goose Up

CREATE TABLE payload_message ( -- which messages a payload holds that is not one person's own, so that a deleted one is found
    org_id      BYTEA  NOT NULL,
    wamid_hash  BYTEA  NOT NULL,
    payload_id  BYTEA  NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, wamid_hash, payload_id)
);
CREATE INDEX payload_message_age ON payload_message (org_id, received_at);
