-- +goose Up

ALTER TABLE channel ADD COLUMN lane_number BIGINT NOT NULL DEFAULT 0; -- of the lease: grows each time that a node takes the lane over

ALTER TABLE outbox ADD COLUMN mark BIGINT NOT NULL DEFAULT 0; -- how often the message was marked as sending
