-- +goose Up

CREATE TABLE portrait ( -- pictures of people, small and square
    org_id     BYTEA  NOT NULL,
    contact_id BYTEA  NOT NULL,
    sealed     BYTEA  NOT NULL, -- JPEG, under the person's key
    at         BIGINT NOT NULL,
    PRIMARY KEY (org_id, contact_id)
);

ALTER TABLE device ADD COLUMN groups BOOLEAN NOT NULL DEFAULT FALSE; -- cards name the person's labels
ALTER TABLE device ADD COLUMN pictures BOOLEAN NOT NULL DEFAULT FALSE;
