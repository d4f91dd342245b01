-- +goose Up

CREATE TABLE evidence_seal ( -- the newest checkpoint that lies in each place outside of the database
    org_id    BYTEA  NOT NULL,
    place     TEXT   NOT NULL, -- folder | s3 | timestamp
    size      BIGINT NOT NULL, -- leaves that it covers
    at        BIGINT NOT NULL, -- when it was put there; 0: never
    failed_at BIGINT NOT NULL, -- since when the place takes nothing; 0: it does
    PRIMARY KEY (org_id, place)
);
