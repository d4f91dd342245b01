-- +goose Up

-- What of a webhook was not understood, in words that name nobody, a line each.
-- Such a payload is kept raw for up to ninety days, so that a version that knows
-- better can read it again.
ALTER TABLE payload ADD COLUMN kinds TEXT NOT NULL DEFAULT '';
UPDATE payload SET kinds = problem WHERE state = 'poison';
CREATE INDEX payload_kinds ON payload (org_id, id) WHERE kinds <> '';

-- What came and was thrown away unread: the address book and the chats of the
-- WhatsApp Business app, messages in groups. Counted, so that it is known.
CREATE TABLE discarded (
    org_id   BYTEA  NOT NULL,
    kind     TEXT   NOT NULL, -- contacts | chats | group
    n        BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at  BIGINT NOT NULL,
    PRIMARY KEY (org_id, kind)
);
