-- +goose Up

CREATE TABLE chat_import (
    org_id     BYTEA   NOT NULL,
    id         BYTEA   NOT NULL, -- also of its file
    state      TEXT    NOT NULL, -- staged | running | done | failed | discarded
    detail     BYTEA   NOT NULL, -- sealed under the file's keys: who wrote, what was chosen
    contact_id BYTEA,            -- to whom the chat belongs
    channel_id BYTEA,
    staff_id   BYTEA   NOT NULL,
    created_at BIGINT  NOT NULL,
    ended_at   BIGINT  NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE INDEX chat_import_contact ON chat_import (org_id, contact_id);
