-- +goose Up

CREATE TABLE agreement_file ( -- agreements with staff on figures about them (BetrVG §87(1) no. 6)
    org_id  BYTEA  NOT NULL,
    id      BYTEA  NOT NULL,
    detail  BYTEA  NOT NULL, -- sealed: name of the file
    content BYTEA  NOT NULL, -- sealed
    at      BIGINT NOT NULL,
    PRIMARY KEY (org_id, id)
);
