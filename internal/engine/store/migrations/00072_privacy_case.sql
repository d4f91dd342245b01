-- +goose Up

CREATE TABLE privacy_case ( -- what a person asks for under GDPR Art. 15–22
    org_id      BYTEA  NOT NULL,
    id          BYTEA  NOT NULL, -- owner of the key that seals it: the record outlives the person's data
    contact_id  BYTEA,           -- the person, if she is known
    kind        TEXT   NOT NULL, -- access | rectify | erase | restrict | portability | object | withdraw | complaint
    source      TEXT   NOT NULL, -- keyword | portal | desk | e_mail
    received_at BIGINT NOT NULL,
    extended_at BIGINT NOT NULL, -- 0 = not extended
    identity    TEXT   NOT NULL, -- open | code | known | refused
    closed_at   BIGINT NOT NULL, -- 0 = open
    outcome     TEXT   NOT NULL, -- done | refused | withdrawn
    PRIMARY KEY (org_id, id)
);
CREATE INDEX privacy_case_open ON privacy_case (org_id, received_at) WHERE closed_at = 0;
CREATE INDEX privacy_case_contact ON privacy_case (org_id, contact_id);

CREATE TABLE privacy_case_entry ( -- its file, append-only
    org_id  BYTEA  NOT NULL,
    case_id BYTEA  NOT NULL,
    id      BYTEA  NOT NULL,
    kind    TEXT   NOT NULL, -- received | note | extended | identity | letter | closed
    by_id   BYTEA,           -- the member of staff; none: the person or a rule
    text    BYTEA  NOT NULL, -- sealed
    at      BIGINT NOT NULL,
    PRIMARY KEY (org_id, case_id, id)
);

-- The public portal.

CREATE TABLE portal_code ( -- a code on its way to a person
    org_id     BYTEA  NOT NULL,
    asked_hash BYTEA  NOT NULL, -- keyed hash of the number or address that was entered
    contact_id BYTEA,           -- none: nobody is known under it
    code_hash  BYTEA  NOT NULL,
    tries      BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, asked_hash)
);

CREATE TABLE portal_visit ( -- a person who has shown who she is
    org_id     BYTEA  NOT NULL,
    token_hash BYTEA  NOT NULL,
    contact_id BYTEA  NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, token_hash)
);
CREATE INDEX portal_visit_contact ON portal_visit (org_id, contact_id);
