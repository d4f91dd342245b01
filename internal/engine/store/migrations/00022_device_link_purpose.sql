-- +goose Up

-- A link leads to the check list (check) or to setting the device up (enrol).
ALTER TABLE device_link ADD COLUMN purpose TEXT NOT NULL DEFAULT 'check';
