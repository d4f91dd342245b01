-- +goose Up

CREATE TABLE audit ( -- what staff did with personal data (GDPR Art. 5(2), 32); the index of the leaves in the evidence log
    org_id     BYTEA  NOT NULL,
    id         BYTEA  NOT NULL,
    leaf       BIGINT NOT NULL, -- its place in the evidence log
    at         BIGINT NOT NULL,
    account_id BYTEA  NOT NULL,
    act        TEXT   NOT NULL,
    object_id  BYTEA,           -- the conversation, the case …
    contact_id BYTEA,           -- the person whom it concerns, if it is one
    PRIMARY KEY (org_id, id)
);
CREATE INDEX audit_contact ON audit (org_id, contact_id, id);
CREATE INDEX audit_act ON audit (org_id, act, id);

CREATE TABLE audit_month ( -- owner of the key under which a month's entries are sealed
    org_id BYTEA  NOT NULL,
    month  BIGINT NOT NULL, -- 202611
    id     BYTEA  NOT NULL,
    PRIMARY KEY (org_id, month)
);

CREATE TABLE approval ( -- what one asks for and a second one grants (four eyes)
    org_id     BYTEA   NOT NULL,
    id         BYTEA   NOT NULL,
    kind       TEXT    NOT NULL,
    subject    TEXT    NOT NULL, -- what exactly: an import, a period
    reason     BYTEA   NOT NULL, -- sealed under the organisation's key
    by_id      BYTEA   NOT NULL,
    asked_at   BIGINT  NOT NULL,
    decided_id BYTEA,
    decided_at BIGINT  NOT NULL, -- 0 = open
    granted    BOOLEAN NOT NULL,
    used_at    BIGINT  NOT NULL, -- 0 = not yet
    PRIMARY KEY (org_id, id)
);
