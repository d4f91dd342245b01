-- +goose Up

ALTER TABLE import ADD COLUMN second_id BYTEA; -- who granted that its consents are taken over; NULL: nobody had to
