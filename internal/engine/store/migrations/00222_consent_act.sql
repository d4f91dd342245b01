-- +goose Up

-- By which act a double opt-in was confirmed: code | link; empty: by none, or
-- nobody has looked yet at what an earlier program wrote.
ALTER TABLE consent_event ADD COLUMN act TEXT NOT NULL DEFAULT '';
