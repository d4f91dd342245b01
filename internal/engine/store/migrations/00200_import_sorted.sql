-- +goose Up

CREATE TABLE import_sorted ( -- labels and attributes that an import has given people, so that it can be undone
    org_id     BYTEA NOT NULL,
    import_id  BYTEA NOT NULL,
    contact_id BYTEA NOT NULL,
    what       TEXT  NOT NULL, -- label | attribute
    subject_id BYTEA NOT NULL,
    hash       BYTEA NOT NULL, -- keyed, of the value of an attribute: what staff have changed since stays; empty for a label
    PRIMARY KEY (org_id, import_id, contact_id, subject_id)
);
CREATE INDEX import_sorted_contact ON import_sorted (org_id, contact_id);
