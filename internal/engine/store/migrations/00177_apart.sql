-- +goose Up

-- What arose in a record that staff took for the person's: nobody proved that
-- it is hers, so whoever has shown who she is by a code does not get to see it.
ALTER TABLE message ADD COLUMN apart BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE consent_event ADD COLUMN apart BOOLEAN NOT NULL DEFAULT FALSE;
