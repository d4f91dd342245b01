-- +goose Up

CREATE TABLE cockpit_day ( -- how the requirements stood, once a day
    org_id BYTEA NOT NULL,
    day    TEXT  NOT NULL,
    states TEXT  NOT NULL, -- JSON: {"S1":"green",…}
    PRIMARY KEY (org_id, day)
);

CREATE TABLE document_version ( -- when a document's content changed
    org_id   BYTEA  NOT NULL,
    document TEXT   NOT NULL,
    version  BIGINT NOT NULL,
    hash     BYTEA  NOT NULL,
    day      TEXT   NOT NULL,
    PRIMARY KEY (org_id, document, version)
);
