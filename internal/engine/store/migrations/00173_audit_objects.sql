-- +goose Up

CREATE TABLE audit_object ( -- what an entry is about that is about several at once
    org_id     BYTEA NOT NULL,
    entry_id   BYTEA NOT NULL,
    object_id  BYTEA NOT NULL,
    contact_id BYTEA,          -- the person whom it concerns, if it is one
    PRIMARY KEY (org_id, entry_id, object_id)
);
CREATE INDEX audit_object_contact ON audit_object (org_id, contact_id, entry_id);

-- An act of many transactions is written down when it begins, and once more when it has ended.
ALTER TABLE audit ADD COLUMN long BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE audit ADD COLUMN end_leaf BIGINT; -- its end's place in the evidence log; NULL: it has not ended
ALTER TABLE audit ADD COLUMN done BIGINT;     -- how much it did
