-- +goose Up

-- By which way a code or a link went to a person, and so what its visit proves:
-- whatsapp | e_mail. Codes and visits that are there live for minutes.
ALTER TABLE portal_code ADD COLUMN way TEXT NOT NULL DEFAULT 'whatsapp';
ALTER TABLE portal_visit ADD COLUMN way TEXT NOT NULL DEFAULT 'whatsapp';
DELETE FROM portal_visit;
DELETE FROM portal_code;

CREATE TABLE portal_wish ( -- what a person asked for in the portal and that does not happen at once
    org_id     BYTEA   NOT NULL,
    case_id    BYTEA   NOT NULL,
    contact_id BYTEA   NOT NULL,
    kind       TEXT    NOT NULL, -- erase | access | portability
    way        TEXT    NOT NULL, -- by which she showed who she is
    asked_at   BIGINT  NOT NULL,
    due_at     BIGINT  NOT NULL, -- an erasure happens then, a download is over
    restricted BOOLEAN NOT NULL, -- whether she was before
    PRIMARY KEY (org_id, case_id)
);
CREATE INDEX portal_wish_contact ON portal_wish (org_id, contact_id);
CREATE INDEX portal_wish_due ON portal_wish (org_id, kind, due_at);
