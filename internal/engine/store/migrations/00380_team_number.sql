-- +goose Up

-- The numbers on which a team works, beside those whose new conversations go to it:
-- who sees only what her teams have sees what comes in there.
CREATE TABLE team_number (
    org_id     BYTEA NOT NULL,
    team_id    BYTEA NOT NULL,
    channel_id BYTEA NOT NULL,
    PRIMARY KEY (org_id, team_id, channel_id)
);
