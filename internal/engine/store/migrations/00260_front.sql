-- +goose Up

-- What stands on the public pages of an organisation beside their own business:
-- its Impressum, its statement on accessibility, and the languages that it adds.
CREATE TABLE org_front (
    org_id     BYTEA  NOT NULL PRIMARY KEY,
    front      TEXT   NOT NULL, -- JSON
    changed_at BIGINT NOT NULL
);

-- What people agree to and are told, in the languages that the organisation adds;
-- JSON by language, empty: in German and English only.
ALTER TABLE consent_text ADD COLUMN others TEXT NOT NULL DEFAULT '';
ALTER TABLE notice ADD COLUMN others TEXT NOT NULL DEFAULT '';
