-- +goose Up

-- Files that staff bring in, sealed in chunks under keys of their own.

CREATE TABLE blob (
    org_id     BYTEA  NOT NULL,
    id         BYTEA  NOT NULL,
    size       BIGINT NOT NULL,
    chunks     BIGINT NOT NULL, -- -1: still being written
    name       BYTEA  NOT NULL, -- sealed
    created_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, id)
);

CREATE TABLE blob_chunk (
    org_id  BYTEA  NOT NULL,
    blob_id BYTEA  NOT NULL,
    n       BIGINT NOT NULL,
    sealed  BYTEA  NOT NULL,
    PRIMARY KEY (org_id, blob_id, n)
);

-- Long pieces of work, done in batches.

CREATE TABLE job (
    org_id      BYTEA  NOT NULL,
    id          BYTEA  NOT NULL,
    kind        TEXT   NOT NULL,
    subject_id  BYTEA  NOT NULL, -- what it works on
    state       TEXT   NOT NULL, -- due | done | failed
    position    BIGINT NOT NULL, -- how far it is
    counts      TEXT   NOT NULL, -- JSON: numbers by name, nothing personal
    problem     TEXT   NOT NULL, -- code of the failure
    attempts    BIGINT NOT NULL, -- in a row without success
    node        TEXT   NOT NULL, -- who works on it
    lease_until BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    ended_at    BIGINT NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE INDEX job_subject ON job (org_id, subject_id, id);
CREATE INDEX job_due ON job (lease_until) WHERE state = 'due';

-- Imports of people.

CREATE TABLE import (
    org_id     BYTEA  NOT NULL,
    id         BYTEA  NOT NULL, -- also of its file
    format     TEXT   NOT NULL, -- csv | xlsx | vcard
    state      TEXT   NOT NULL, -- staged | checking | checked | running | done | undoing | undone | discarded | failed
    plan       TEXT   NOT NULL, -- JSON: which column means what
    staff_id   BYTEA  NOT NULL,
    created_at BIGINT NOT NULL,
    ended_at   BIGINT NOT NULL,
    PRIMARY KEY (org_id, id)
);

CREATE TABLE import_row ( -- what became of each row; nothing personal
    org_id     BYTEA  NOT NULL,
    import_id  BYTEA  NOT NULL,
    row_no     BIGINT NOT NULL, -- line of the file, or number of the card
    outcome    TEXT   NOT NULL, -- created | known | refused
    code       TEXT   NOT NULL, -- why refused, or what was left out
    consents   BIGINT NOT NULL, -- recorded with this row
    contact_id BYTEA,
    PRIMARY KEY (org_id, import_id, row_no)
);
CREATE INDEX import_row_contact ON import_row (org_id, contact_id);

CREATE TABLE import_consent ( -- so that an import can be undone
    org_id     BYTEA  NOT NULL,
    import_id  BYTEA  NOT NULL,
    event_id   BYTEA  NOT NULL,
    contact_id BYTEA  NOT NULL,
    purpose    TEXT   NOT NULL,
    PRIMARY KEY (org_id, import_id, contact_id, event_id)
);
CREATE INDEX import_consent_contact ON import_consent (org_id, contact_id);

-- Who must be told that we hold her data, which we have not from herself, and
-- until when (GDPR Art. 14).

CREATE TABLE information_duty (
    org_id     BYTEA  NOT NULL,
    contact_id BYTEA  NOT NULL,
    import_id  BYTEA  NOT NULL,
    due_at     BIGINT NOT NULL,
    done_at    BIGINT NOT NULL, -- 0: open
    how        TEXT   NOT NULL, -- notice | letter | e_mail | verbal
    staff_id   BYTEA,
    PRIMARY KEY (org_id, contact_id)
);
CREATE INDEX information_duty_open ON information_duty (org_id, due_at) WHERE done_at = 0;
CREATE INDEX information_duty_import ON information_duty (org_id, import_id);
