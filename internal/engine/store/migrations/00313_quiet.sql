-- +goose Up

ALTER TABLE account ADD COLUMN quiet BOOLEAN NOT NULL DEFAULT FALSE; -- wants no mails about what is due
