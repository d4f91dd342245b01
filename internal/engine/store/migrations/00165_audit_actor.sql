-- +goose Up

-- Who acts is not always staff: a person in the portal, a program, a phone, a command.
ALTER TABLE audit ADD COLUMN actor TEXT NOT NULL DEFAULT 'staff';
ALTER TABLE audit ADD COLUMN hits BIGINT; -- of a search: how many were found

UPDATE audit SET actor = 'person' WHERE account_id = contact_id AND act LIKE 'portal.%';
