-- +goose Up

-- A number that somebody left was named by an import, a form, a program or
-- staff: who is meant, a person has to say. The number stands with her who left
-- it; here is its keyed hash.
CREATE TABLE number_question (
    org_id     BYTEA  NOT NULL,
    id         BYTEA  NOT NULL,
    contact_id BYTEA  NOT NULL, -- who left the number
    hash       BYTEA  NOT NULL,
    source     TEXT   NOT NULL, -- import | form | program | staff
    state      TEXT   NOT NULL, -- asked | other | hers
    account_id BYTEA,           -- who answered
    asked_at   BIGINT NOT NULL,
    decided_at BIGINT NOT NULL, -- 0: nobody has answered
    PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX number_question_hash ON number_question (org_id, hash);
CREATE INDEX number_question_contact ON number_question (org_id, contact_id);
