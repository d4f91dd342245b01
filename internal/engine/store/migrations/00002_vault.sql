-- +goose Up

CREATE TABLE org_key ( -- wrapped by the root key
    org_id     BYTEA  NOT NULL,
    generation BIGINT NOT NULL,
    wrapped    BYTEA  NOT NULL,
    lookup     BYTEA  NOT NULL, -- the look-up key; the same in every generation
    created_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, generation)
);

CREATE TABLE data_key ( -- wrapped by the organisation's key
    org_id     BYTEA  NOT NULL,
    owner_id   BYTEA  NOT NULL, -- a person, or the organisation itself
    id         BYTEA  NOT NULL,
    generation BIGINT NOT NULL,
    wrapped    BYTEA  NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, owner_id, id)
);
CREATE INDEX data_key_generation ON data_key (org_id, generation);
