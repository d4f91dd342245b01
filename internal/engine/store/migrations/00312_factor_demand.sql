-- +goose Up

CREATE TABLE factor_demand ( -- roles that need a second factor
    org_id BYTEA NOT NULL,
    role   TEXT  NOT NULL,
    PRIMARY KEY (org_id, role)
);
