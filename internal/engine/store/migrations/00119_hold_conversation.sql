-- +goose Up

ALTER TABLE legal_hold ADD COLUMN conversation_id BYTEA; -- only this conversation is kept from the retention run; NULL: all of the person
