-- +goose Up

-- Who sends what waits for a number: one node at a time, by the clock of the
-- database.
CREATE TABLE lane (
    org_id     BYTEA  NOT NULL,
    channel_id BYTEA  NOT NULL,
    node       TEXT   NOT NULL, -- who has it
    until      BIGINT NOT NULL, -- and until when
    number     BIGINT NOT NULL, -- of the lease: grows each time that a node takes the lane over
    PRIMARY KEY (org_id, channel_id)
);

INSERT INTO lane (org_id, channel_id, node, until, number) SELECT org_id, id, lane_node, lane_until, lane_number FROM channel;

-- The columns stay, because backups from before hold them, and say to a node of
-- a version before that the lane is somebody else's for ever: it sends nothing.
UPDATE channel SET lane_node = '', lane_until = 9223372036854775807, lane_number = lane_number + 1;
