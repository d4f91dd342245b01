-- +goose Up

-- A webhook that was never applied loses its content after ninety days, or when
-- somebody decides so: then its state is lost, or dropped. That it came stays.
CREATE INDEX payload_gone ON payload (org_id, id) WHERE state IN ('lost', 'dropped');
