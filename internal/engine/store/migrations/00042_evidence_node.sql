-- +goose Up

CREATE TABLE evidence_node ( -- hashes of whole subtrees of 256, 65536 … leaves, so that a proof need not read all leaves
    org_id BYTEA  NOT NULL,
    level  BIGINT NOT NULL, -- 8, 16 …
    idx    BIGINT NOT NULL,
    hash   BYTEA  NOT NULL,
    PRIMARY KEY (org_id, level, idx)
);

CREATE TABLE evidence_mailed ( -- the days on which a checkpoint went out by mail
    org_id BYTEA NOT NULL,
    day    TEXT  NOT NULL,
    PRIMARY KEY (org_id, day)
);
