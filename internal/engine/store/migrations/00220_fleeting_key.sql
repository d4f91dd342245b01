-- +goose Up

CREATE TABLE fleeting_key ( -- of what waits in a queue for one person's eyes; wrapped by the organisation's key; in no backup
    org_id     BYTEA  NOT NULL,
    row_id     BYTEA  NOT NULL, -- the message or mail that it seals
    id         BYTEA  NOT NULL,
    generation BIGINT NOT NULL,
    wrapped    BYTEA  NOT NULL,
    until      BIGINT NOT NULL, -- when it is destroyed at the latest
    PRIMARY KEY (org_id, row_id)
);
CREATE INDEX fleeting_key_until ON fleeting_key (org_id, until);
