-- +goose Up

-- The erasure of a person (GDPR Art. 17): one row for each procedure.

CREATE TABLE erasure (
    org_id        BYTEA  NOT NULL,
    id            BYTEA  NOT NULL,
    contact_id    BYTEA  NOT NULL,
    step          TEXT   NOT NULL, -- keep | destroy | delete | sweep | clean | tell | prove | done
    place         TEXT   NOT NULL, -- JSON: where in the step it goes on
    source        TEXT   NOT NULL, -- desk | portal | retention | restore
    case_id       BYTEA,
    by_id         BYTEA,           -- the member of staff, if one asked for it
    parcel        BYTEA  NOT NULL, -- sealed under the procedure's own key: what recipients must be told by
    counts        TEXT   NOT NULL, -- JSON: rows deleted, by part
    attempts      BIGINT NOT NULL,
    not_before    BIGINT NOT NULL,
    problem       TEXT   NOT NULL,
    started_at    BIGINT NOT NULL,
    unreadable_at BIGINT NOT NULL, -- the keys are destroyed
    cleaned_at    BIGINT NOT NULL,
    done_at       BIGINT NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX erasure_contact ON erasure (org_id, contact_id);
CREATE INDEX erasure_running ON erasure (not_before) WHERE step <> 'done';

CREATE TABLE erasure_recipient ( -- who is told (GDPR Art. 19), and what they answered
    org_id     BYTEA  NOT NULL,
    erasure_id BYTEA  NOT NULL,
    name       TEXT   NOT NULL,
    state      TEXT   NOT NULL, -- waiting | told | refused | unanswered
    answer     TEXT   NOT NULL, -- a short code; nothing personal
    attempts   BIGINT NOT NULL,
    not_before BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    PRIMARY KEY (org_id, erasure_id, name)
);

CREATE TABLE tombstone ( -- keeps an import from bringing an erased person back
    org_id     BYTEA  NOT NULL,
    kind       TEXT   NOT NULL,
    hash       BYTEA  NOT NULL,
    contact_id BYTEA  NOT NULL,
    at         BIGINT NOT NULL,
    until      BIGINT NOT NULL,
    PRIMARY KEY (org_id, kind, hash)
);
CREATE INDEX tombstone_until ON tombstone (org_id, until);

CREATE TABLE kept ( -- what a named duty keeps of an erased person, locked away
    org_id     BYTEA  NOT NULL,
    id         BYTEA  NOT NULL, -- owner of the key that seals it
    erasure_id BYTEA  NOT NULL,
    duty       TEXT   NOT NULL,
    until      BIGINT NOT NULL,
    items      BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX kept_duty ON kept (org_id, erasure_id, duty);

CREATE TABLE kept_item (
    org_id  BYTEA  NOT NULL,
    kept_id BYTEA  NOT NULL,
    id      BYTEA  NOT NULL,
    sealed  BYTEA  NOT NULL,
    PRIMARY KEY (org_id, kept_id, id)
);

-- Erasing finds a person's rows.

CREATE INDEX media_contact ON media (org_id, contact_id);
CREATE INDEX payload_owner ON payload (org_id, owner_id, id);
CREATE INDEX idempotency_message ON idempotency (org_id, message_id);
CREATE INDEX contact_merged ON contact (org_id, merged_into) WHERE state = 'merged';
