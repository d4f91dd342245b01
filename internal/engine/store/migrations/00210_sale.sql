-- +goose Up

-- Sales to people, by which advertising for similar goods may be lawful without
-- consent (UWG §7(3)), where the organisation has turned that on.
CREATE TABLE sale (
    org_id     BYTEA  NOT NULL,
    id         BYTEA  NOT NULL,
    contact_id BYTEA  NOT NULL,
    detail     BYTEA  NOT NULL, -- sealed: what was bought, which goods are similar
    sold_at    BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    ended_at   BIGINT NOT NULL, -- 0: nobody has ended it; by a withdrawal, an objection or staff
    apart      BOOLEAN NOT NULL DEFAULT FALSE, -- of a record that staff merged into this one
    PRIMARY KEY (org_id, id)
);
CREATE INDEX sale_contact ON sale (org_id, contact_id);

-- What somebody says about a sale, and when; all four are needed.
CREATE TABLE sale_fact (
    org_id  BYTEA   NOT NULL,
    sale_id BYTEA   NOT NULL,
    fact    TEXT    NOT NULL, -- bought | number | informed | similar
    by_id   BYTEA   NOT NULL, -- an account, or a program's token
    program BOOLEAN NOT NULL,
    at      BIGINT  NOT NULL,
    PRIMARY KEY (org_id, sale_id, fact)
);
