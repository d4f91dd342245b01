-- +goose Up

-- Whether she wrote to us as this identity: only that proves that it is hers. Of
-- what was there before: those in whose conversation she has written.
ALTER TABLE identity ADD COLUMN wrote BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE identity SET wrote = TRUE WHERE EXISTS (SELECT 1 FROM conversation c WHERE c.org_id = identity.org_id AND c.contact_id = identity.contact_id AND c.last_in_at > 0);

-- Keyed hash of the mail address; empty: she has none; NULL: nobody has looked yet,
-- or she is erased or merged.
ALTER TABLE contact ADD COLUMN email_hash BYTEA;
CREATE INDEX contact_email ON contact (org_id, email_hash);
