-- +goose Up

CREATE TABLE evidence_head ( -- the right edge of an organisation's tree
    org_id     BYTEA  NOT NULL PRIMARY KEY,
    size       BIGINT NOT NULL,
    hashes     BYTEA  NOT NULL,
    public_key TEXT   NOT NULL,
    secret_key BYTEA  NOT NULL -- sealed
);

CREATE TABLE evidence_entry ( -- append-only
    org_id   BYTEA  NOT NULL,
    idx      BIGINT NOT NULL,
    id       BYTEA  NOT NULL,
    kind     TEXT   NOT NULL,
    owner_id BYTEA  NOT NULL, -- whose key seals the record
    key_id   BYTEA  NOT NULL, -- from which the salt is derived
    at       BIGINT NOT NULL,
    body     BYTEA  NOT NULL, -- sealed: the record
    leaf     BYTEA  NOT NULL, -- commitment
    PRIMARY KEY (org_id, idx)
);
CREATE INDEX evidence_owner ON evidence_entry (org_id, owner_id, idx);

CREATE TABLE evidence_checkpoint (
    org_id BYTEA  NOT NULL,
    size   BIGINT NOT NULL,
    note   TEXT   NOT NULL,
    at     BIGINT NOT NULL,
    PRIMARY KEY (org_id, size)
);
