-- +goose Up

-- What a person wrote that may be a withdrawal: a colleague decides, and until
-- then what it would end is held.
CREATE TABLE doubt (
    org_id     BYTEA  NOT NULL,
    id         BYTEA  NOT NULL,
    contact_id BYTEA  NOT NULL,
    message_id BYTEA,           -- which said it; NULL: an imported chat or a mail
    why        TEXT   NOT NULL, -- unclear | late | imported
    holds      TEXT   NOT NULL, -- advertising | everything | nothing
    said_at    BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    answer     TEXT   NOT NULL, -- open | advertising | everything | none | herself
    by_id      BYTEA,           -- who of the staff answered
    ended_at   BIGINT NOT NULL, -- 0: it is open
    PRIMARY KEY (org_id, id)
);
CREATE INDEX doubt_contact ON doubt (org_id, contact_id);

ALTER TABLE contact ADD COLUMN held BOOLEAN NOT NULL DEFAULT FALSE;   -- advertising
ALTER TABLE contact ADD COLUMN halted BOOLEAN NOT NULL DEFAULT FALSE; -- everything

-- When a person last took a STOP back: one that comes late does not undo it.
CREATE TABLE restart (
    org_id     BYTEA  NOT NULL,
    contact_id BYTEA  NOT NULL,
    at         BIGINT NOT NULL,
    PRIMARY KEY (org_id, contact_id)
);
