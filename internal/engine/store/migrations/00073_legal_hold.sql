-- +goose Up

CREATE TABLE legal_hold ( -- stops every deletion about a person
    org_id     BYTEA  NOT NULL,
    id         BYTEA  NOT NULL, -- owner of the key that seals the reason
    contact_id BYTEA  NOT NULL,
    by_id      BYTEA  NOT NULL,
    reason     BYTEA  NOT NULL, -- sealed
    began_at   BIGINT NOT NULL,
    until      BIGINT NOT NULL,
    lifted_at  BIGINT NOT NULL, -- 0 = not lifted
    PRIMARY KEY (org_id, id)
);
CREATE INDEX legal_hold_contact ON legal_hold (org_id, contact_id, until);
